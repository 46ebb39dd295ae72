import { type MonoTypeOperatorFunction, scan } from 'rxjs';

/** 16 KiB: codex's own errors are one or two lines, a panic with a backtrace fits. */
export const STDERR_TAIL_BYTES = 16 * 1024;

/**
 * Keeps the end of what a process said.
 *
 * Emits, for every chunk, the last `bytes` bytes of all chunks so far. Completes, fails and is
 * unsubscribed with the source.
 */
export const tail = (bytes = STDERR_TAIL_BYTES): MonoTypeOperatorFunction<Uint8Array> =>
  scan(
    (kept: Uint8Array, chunk: Uint8Array) => Buffer.concat([kept, chunk]).subarray(-bytes),
    new Uint8Array(),
  );
