import {
  defer,
  filter,
  identity,
  type MonoTypeOperatorFunction,
  merge,
  type OperatorFunction,
  type Subscriber,
  takeLast,
  tap,
} from 'rxjs';
import type { Notice, OnNotice } from '../../canonical/notice.js';
import { parseLine } from '../../lines/parse-json.js';
import { createCutter, type Line, MAX_LINE_BYTES } from '../../lines/split-lines.js';
import type { Exited, ProcessSignal } from '../../process/run.js';
import { branch } from '../../streams/branch.js';
import { emitEach } from '../../streams/emit-each.js';
import { decodeParsed } from '../events/decode-event.js';
import type { CodexSignal } from '../events/signal.js';

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
      signal$.pipe(decodeStdout(maxLineBytes, onNotice)),
      signal$.pipe(
        filter(isExited),
        takeLast(1),
        notify(onNotice, ({ code, signal }) => ({ exited: { code, signal } })),
      ),
    ),
  );

/** `splitLines`, `parseJson` and `decodeEvent` as one operator: a layer less for each line. */
const decodeStdout =
  (
    maxLineBytes: number,
    onNotice: OnNotice | undefined,
  ): OperatorFunction<ProcessSignal, CodexSignal> =>
  (signal$) =>
    defer(() => {
      const cutter = createCutter(maxLineBytes);
      const decodeLines = (lines: readonly Line[], subscriber: Subscriber<CodexSignal>): void => {
        for (const line of lines) {
          if (subscriber.closed) return;
          const parsed = parseLine(line);
          onNotice?.(
            parsed.type === 'json'
              ? { raw: parsed.value }
              : { malformed: { reason: parsed.reason, sample: parsed.sample } },
          );
          subscriber.next(decodeParsed(parsed));
        }
      };
      return signal$.pipe(
        emitEach<ProcessSignal, CodexSignal>(
          (signal, subscriber) => {
            if (signal.type === 'stdout') decodeLines(cutter.push(signal.chunk), subscriber);
          },
          (subscriber) => decodeLines(cutter.end(), subscriber),
        ),
      );
    });

const notify = <T>(
  onNotice: OnNotice | undefined,
  toNotice: (value: T) => Notice,
): MonoTypeOperatorFunction<T> =>
  onNotice === undefined ? identity : tap((value) => onNotice(toNotice(value)));
