import {
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
import { branch } from '../../streams/branch.js';
import { decodeEvent } from '../events/decode-event.js';
import type { CodexSignal } from '../events/signal.js';

const isStdout = (signal: ProcessSignal): signal is Stdout => signal.type === 'stdout';
const isExited = (signal: ProcessSignal): signal is Exited => signal.type === 'exited';

/**
 * Decodes the process signals of `codex exec --json`: bytes to lines to JSON to events.
 *
 * Emits each line as a decoded value when its LF arrives; a line of more than `maxLineBytes` is
 * `malformed`. When the source completes, emits a last line without LF, then `exited`, then
 * completes. Fails when the source fails. Unsubscribe unsubscribes from the source. Calls
 * `onNotice` with each line and with the exit, before it is emitted.
 */
export const codexSignals = (
  maxLineBytes = MAX_LINE_BYTES,
  onNotice?: OnNotice,
): OperatorFunction<ProcessSignal, CodexSignal> =>
  branch((signal$) =>
    merge(
      signal$.pipe(
        filter(isStdout),
        map(({ chunk }) => chunk),
        splitLines(maxLineBytes),
        parseJson(),
        notify(onNotice, (line) =>
          line.type === 'json'
            ? { raw: line.value }
            : { malformed: { reason: line.reason, sample: line.sample } },
        ),
        decodeEvent(),
      ),
      signal$.pipe(
        filter(isExited),
        takeLast(1),
        notify(onNotice, ({ code, signal }) => ({ exited: { code, signal } })),
      ),
    ),
  );

const notify = <T>(
  onNotice: OnNotice | undefined,
  toNotice: (value: T) => Notice,
): MonoTypeOperatorFunction<T> =>
  onNotice === undefined ? identity : tap((value) => onNotice(toNotice(value)));
