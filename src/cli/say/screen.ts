import {
  asyncScheduler,
  connect,
  defer,
  endWith,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  takeUntil,
} from 'rxjs';
import type { Notice } from '../../canonical/notice.js';
import { isTerminal, type TurnEvent } from '../../canonical/turn-event.js';
import { printable } from '../../text/printable.js';
import { startStatus, statusAfter, statusText } from './status.js';
import { endWords, errorWords, seconds } from './words.js';

/** What is to be shown: what is told of a turn, and what the host would read in its log. */
export type Noticed = Notice | { readonly warning: string };

export interface Written {
  readonly to: 'stdout' | 'stderr';
  readonly text: string;
}

/** How it is to be shown. */
export interface ScreenOptions {
  readonly json: boolean;
  readonly thinking: boolean;
  /** Whether they are terminals. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly colour: boolean;
  /** Of the terminal, at this moment. */
  readonly columns: () => number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR = '\r\u001b[2K';

/**
 * What is on the terminal, and what to write when something happens. Times are those of one clock,
 * in ms; `began` is when the turn was asked for.
 */
export const createScreen = (look: ScreenOptions, began: number) => {
  let status = startStatus;
  let shown = false;
  /**
   * Whether the last text has not ended its line, and whether the line was ended to make room for
   * the status.
   */
  let midLine = false;
  let broken = false;
  const one = look.stdout && look.stderr;
  const cleared = (): Written[] => {
    if (!shown) return [];
    shown = false;
    return [{ to: 'stderr', text: CLEAR }];
  };
  const lineEnded = (): Written[] => {
    if (!one || !midLine) return [];
    midLine = false;
    broken = true;
    return [{ to: 'stderr', text: '\n' }];
  };
  const told = (words: string): Written[] => [
    ...cleared(),
    ...lineEnded(),
    { to: 'stderr', text: `${look.stderr ? printable(words) : words}\n` },
  ];
  const dim = (words: Written[]): Written[] =>
    look.colour
      ? words.map((line) => (line.text === CLEAR ? line : { ...line, text: dimmed(line.text) }))
      : words;
  const text = (given: string): Written[] => {
    const joined = broken && given.startsWith('\n') ? given.slice(1) : given;
    broken = false;
    midLine = !joined.endsWith('\n');
    return [
      ...(one ? cleared() : []),
      { to: 'stdout', text: look.stdout ? printable(joined) : joined },
    ];
  };
  const event = (it: TurnEvent, now: number): Written[] => {
    const lines: Written[] = [];
    if (look.json)
      lines.push(...(one ? cleared() : []), { to: 'stdout', text: `${JSON.stringify(it)}\n` });
    else if (it.type === 'text_delta') lines.push(...text(it.text));
    if (it.type === 'thinking_delta' && look.thinking) lines.push(...dim(told(it.text.trim())));
    if (!isTerminal(it)) return lines;
    if (midLine) lines.push(...text('\n'));
    if (it.type === 'error') return [...lines, ...told(errorWords(it))];
    return look.stderr
      ? [...lines, ...dim(told(endWords(it, now - began)))]
      : [...lines, ...cleared()];
  };
  return {
    show: (what: Noticed, now: number): Written[] => {
      if ('warning' in what) return told(`warning: ${what.warning}`);
      status = statusAfter(status, what);
      return 'event' in what ? event(what.event, now) : [];
    },
    tick: (nth: number, now: number): Written[] => {
      const line = printable(
        `${FRAMES[nth % FRAMES.length] ?? ''} ${seconds(now - began)} ${statusText(status)}`,
      );
      const before = lineEnded();
      shown = true;
      return [
        ...before,
        {
          to: 'stderr',
          text: `${CLEAR}${line.slice(0, Math.max(1, look.columns() - 1)).toWellFormed()}`,
        },
      ];
    },
  };
};

const dimmed = (text: string): string =>
  text === '\n' ? text : `\u001b[2m${text.replace(/\n$/, '')}\u001b[22m\n`;

/** Milliseconds between two pictures of the status line. */
const TICK_MS = 100;

/**
 * A turn for people.
 *
 * Emits what to write and where: on stdout the text as it comes, with a line feed at the end
 * (`json`: the canonical events, one a line); on stderr warnings and errors, thinking when it is
 * asked for, and, when it is a terminal, ten times a second a line that says how long it has taken
 * and what runs, and at the end the tokens. Completes, fails and is unsubscribed with the source.
 */
export const rendered =
  (look: ScreenOptions): OperatorFunction<Noticed, Written> =>
  (source$) =>
    defer(() => {
      const screen = createScreen(look, asyncScheduler.now());
      return source$.pipe(
        connect((noticed$) =>
          merge(
            noticed$.pipe(mergeMap((what) => screen.show(what, asyncScheduler.now()))),
            look.stderr
              ? ticks(noticed$).pipe(mergeMap((nth) => screen.tick(nth, asyncScheduler.now())))
              : [],
          ),
        ),
      );
    });

const ticks = (source$: Observable<unknown>): Observable<number> =>
  interval(TICK_MS).pipe(takeUntil(source$.pipe(ignoreElements(), endWith(true))));
