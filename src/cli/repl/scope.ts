import * as rxjs from 'rxjs';
import { finalize, type Observable } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { decodeEvent } from '../../codex/events/decode-event.js';
import { toCanonical } from '../../codex/events/to-canonical.js';
import { codexSignals } from '../../codex/exec/codex-signals.js';
import { type Drawing, drawMarbles } from '../../library/draw-marbles.js';
import { localHost } from '../../library/local-host.js';
import type { CodexOptions, TurnOptions } from '../../library/turn-options.js';
import { codex$, events$, turn$ } from '../../library/turns.js';
import { parseJson } from '../../lines/parse-json.js';
import { splitLines } from '../../lines/split-lines.js';

/** The settings of the streams of a REPL session. */
export interface ReplOptions {
  /** Cancels the running turns. */
  readonly cancel$: Observable<unknown>;
  /** Shuts the plugin server down. */
  readonly terminate$: Observable<unknown>;
  readonly executable: string;
  readonly version: string;
  readonly write: (text: string) => void;
}

/** The names of a REPL session, and the number of its running streams. */
export interface Scope {
  readonly names: Readonly<Record<string, unknown>>;
  readonly running: () => number;
}

/** The names of a REPL session: the library, bound to the session, and all of rxjs. */
export const scope = ({ cancel$, terminate$, executable, version, write }: ReplOptions): Scope => {
  let running = 0;
  const track = <T>(source$: Observable<T>): Observable<T> =>
    rxjs.defer(() => {
      running += 1;
      return source$.pipe(
        finalize(() => {
          running -= 1;
        }),
      );
    });
  const log: Log = (level, msg) => {
    if (level === 'warning' || level === 'error') write(`${level}: ${msg}\n`);
  };
  const withCancel = (options: TurnOptions | undefined): TurnOptions => ({
    log,
    ...options,
    cancel$: rxjs.merge(cancel$, options?.cancel$ ?? rxjs.NEVER),
  });
  const host = localHost({ executable, version, terminate$ });
  const names = {
    ...rxjs,
    splitLines,
    parseJson,
    decodeEvent,
    codexSignals,
    toCanonical,
    turn$: (text: string, options?: TurnOptions) =>
      track(turn$(text, { executable, ...withCancel(options) })),
    codex$: (text: string, options?: CodexOptions) => track(codex$(text, withCancel(options))),
    events$: (text: string, options?: CodexOptions) => track(events$(text, withCancel(options))),
    host: {
      ...host,
      turn$: (asked: Parameters<typeof host.turn$>[0]) => track(host.turn$(asked)),
    },
    marbles: (source$: unknown) => draw(source$, write),
  };
  return { names, running: () => running };
};

/**
 * Subscribes and draws the stream while it runs. Resolves to the drawing, which includes an error
 * of the source.
 */
const draw = (source$: unknown, write: (text: string) => void): Promise<Drawing> => {
  if (!rxjs.isObservable(source$))
    throw new TypeError("marbles wants an Observable: marbles(turn$('hello'))");
  const drawing$ = drawMarbles(source$).pipe(
    rxjs.tap((part) => {
      write('piece' in part ? part.piece : `\n${legend(part)}`);
    }),
    rxjs.filter((part) => 'line' in part),
  );
  return rxjs.lastValueFrom(drawing$, { defaultValue: { line: '', legend: {} } });
};

const legend = (drawing: Drawing): string =>
  Object.entries(drawing.legend)
    .map(([letter, kind]) => `${letter}  ${kind}\n`)
    .join('');
