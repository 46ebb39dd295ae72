import {
  connect,
  filter,
  identity,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type OperatorFunction,
  takeLast,
  tap,
} from 'rxjs';
import type { Notice, OnNotice } from '../../canonical/notice.js';
import { parseJson } from '../../lines/parse-json.js';
import { MAX_LINE_BYTES, splitLines } from '../../lines/split-lines.js';
import type { Exited, ProcessSignal, Stdout } from '../../process/run.js';
import { decodeEvent } from '../events/decode-event.js';
import type { CodexSignal } from '../events/signal.js';

const isStdout = (signal: ProcessSignal): signal is Stdout => signal.type === 'stdout';
const isExited = (signal: ProcessSignal): signal is Exited => signal.type === 'exited';

/**
 * Reads the process signals of `codex exec --json`: bytes, lines, JSON, events.
 *
 * Emits every line as a decoded value when it is whole (one of more than `maxLineBytes` as
 * `malformed`), a last line without LF when stdout ended, and `exited` as it came, after all of
 * them. Completes, fails and is unsubscribed with the source. `onNotice` is told each line, and the
 * exit, before it is emitted.
 */
export const codexSignals = (
  maxLineBytes = MAX_LINE_BYTES,
  onNotice?: OnNotice,
): OperatorFunction<ProcessSignal, CodexSignal> =>
  connect((signal$) =>
    merge(
      signal$.pipe(
        filter(isStdout),
        map(({ chunk }) => chunk),
        splitLines(maxLineBytes),
        parseJson(),
        toldBy(onNotice, (line) =>
          line.type === 'json'
            ? { raw: line.value }
            : { malformed: { reason: line.reason, sample: line.sample } },
        ),
        decodeEvent(),
      ),
      signal$.pipe(
        filter(isExited),
        takeLast(1),
        toldBy(onNotice, ({ code, signal }) => ({ exited: { code, signal } })),
      ),
    ),
  );

const toldBy = <T>(
  onNotice: OnNotice | undefined,
  what: (value: T) => Notice,
): MonoTypeOperatorFunction<T> =>
  onNotice === undefined ? identity : tap((value) => onNotice(what(value)));
