import { type MonoTypeOperatorFunction, scan } from 'rxjs';

/** 16 KiB: an error of codex is one or two lines; a panic with a backtrace fits as well. */
export const STDERR_TAIL_BYTES = 16 * 1024;

/** The last `bytes` bytes of what was kept and a chunk behind it. */
export const keepTail = (kept: Uint8Array, chunk: Uint8Array, bytes = STDERR_TAIL_BYTES): Buffer =>
  Buffer.concat([kept, chunk]).subarray(-bytes);

/**
 * Emits, for every chunk, the last `bytes` bytes of all chunks so far. Completes and fails with the
 * source; unsubscribe unsubscribes from the source.
 */
export const tail = (bytes = STDERR_TAIL_BYTES): MonoTypeOperatorFunction<Uint8Array> =>
  scan((kept: Uint8Array, chunk: Uint8Array) => keepTail(kept, chunk, bytes), new Uint8Array());
