import { constants } from 'node:fs';
import * as t from 'io-ts';
import { defer, type Observable, Subject } from 'rxjs';
import type { Line } from '../lines/line.js';
import { redact } from '../text/redact.js';
import { openToAppend } from './append-file.js';
import { type RecordTarget, recordFile } from './record-file.js';
import { recordText } from './record-notices.js';

/** A log of every frame of the wire, for a person who has to see what the other side sends. */
export interface WireLog {
  /** Logs a line of the host, or of the plugin. Neither throws nor waits. */
  readonly host: (line: Line) => void;
  readonly plugin: (line: string) => void;
  /** Ends the log on subscribe, and completes once it is on disk. Does not fail. */
  readonly drained$: Observable<never>;
}

/** The most bytes of the file: 64 MiB. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** A longer line is not parsed: only its beginning is logged. */
const MAX_PARSED = 4 * 1024 * 1024;

/** A longer text is cut to `SHOWN` characters; the same for the values of a list. */
const MAX_TEXT = 1_000;
const SHOWN = 200;

/** Characters that are searched for secrets before a text is cut. */
const SEARCHED = 4_000;

/** The file cannot take the log. The message says what to do. */
class WireLogError extends Error {
  override readonly name = 'WireLogError';
}

/** Adds to a file that only its owner can read, never through a link, up to `most` bytes. */
const openLog = async (file: string, most: number): Promise<RecordTarget> => {
  const { handle, isFile, ...opened } = await openToAppend(file, {
    flags: constants.O_NOFOLLOW,
    check: (stats) => {
      if (stats.isFile() && stats.uid !== process.getuid?.())
        throw new WireLogError('it belongs to another user; name a file of your own');
      if (stats.size >= most) throw new WireLogError(`it has ${most} bytes already; move it away`);
    },
  });
  let { size } = opened;
  // It may have been made for this, with the mode of any file.
  if (isFile) await handle.chmod(0o600);
  return {
    write: async (text) => {
      if (size >= most) return;
      size += Buffer.byteLength(text);
      await handle.appendFile(
        size < most ? text : `${JSON.stringify({ stopped: { bytes: most } })}\n`,
      );
      size = size < most ? size : most;
    },
    close: () => handle.close(),
  };
};

export interface WireLogOptions {
  /** The version of the plugin. */
  readonly version: string;
  /** Called once when the file cannot be opened or written: the rest is dropped. */
  readonly onFailure: (error: unknown) => void;
  readonly most?: number;
  readonly clock?: { readonly now: () => number };
}

/** Logs the wire to a file, in lines of JSON that `timeline` draws; see `readWireLog`. */
export const createWireLog = (
  file: string,
  { version, onFailure, most = MAX_LOG_BYTES, clock = performance }: WireLogOptions,
): WireLog => {
  const closed$ = new Subject<never>();
  const recording = recordFile(
    () => openLog(file, most),
    onFailure,
    () => closed$.complete(),
  );
  const began = clock.now();
  let dropped = 0;
  // Two containers that share the file have the same pids.
  const run = Math.random().toString(36).slice(2, 10);
  const write = (entry: object): void => {
    if (recording.write(`${JSON.stringify(entry)}\n`)) return;
    dropped += 1;
  };
  const log = (from: 'host' | 'plugin', line: Line): void => {
    const ms = Math.round((clock.now() - began) * 10) / 10;
    if (dropped > 0) {
      const lost = dropped;
      dropped = 0;
      write({ ms, dropped: lost, run });
    }
    write({ ms, from, run, ...entryOf(line) });
  };
  write({ wire: 1, at: new Date().toISOString(), version, run, pid: process.pid });
  return {
    host: (line) => log('host', line),
    plugin: (line) => log('plugin', line),
    drained$: defer(() => {
      recording.end('');
      return closed$;
    }),
  };
};

/** A line as it is logged: without secrets, long texts and long lists. */
const entryOf = (line: Line): object => {
  if (typeof line !== 'string')
    return { line: '', bytes: 'overlong' in line ? line.overlong : line.undecodable };
  if (line.length > MAX_PARSED) return { line: beginning(line), chars: line.length };
  try {
    const frame: unknown = JSON.parse(line);
    const shortened: unknown = JSON.parse(JSON.stringify(frame, shorten));
    return { frame: shortened };
  } catch {
    return { line: beginning(line), chars: line.length };
  }
};

const beginning = (text: string): string =>
  redact(text.slice(0, SEARCHED)).slice(0, SHOWN).toWellFormed();

const shorten = (key: string, value: unknown): unknown => {
  if (t.UnknownArray.is(value) && value.length > SHOWN)
    return [...value.slice(0, SHOWN), `… (cut: ${value.length} values)`];
  if (t.UnknownRecord.is(value)) return withoutSecretKeys(value);
  if (typeof value !== 'string') return value;
  if (value.length <= MAX_TEXT) return recordText(key, value);
  const start = recordText(key, value.slice(0, SEARCHED)).slice(0, SHOWN).toWellFormed();
  return `${start}… (cut: ${value.length} characters)`;
};

const withoutSecretKeys = (value: Readonly<Record<string, unknown>>) =>
  Object.keys(value).every((key) => redact(key) === key)
    ? value
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), inner]));
