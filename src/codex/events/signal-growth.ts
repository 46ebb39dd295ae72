import {
  concat,
  defer,
  finalize,
  last,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  of,
  Subject,
  switchAll,
  takeUntil,
  throttle,
  timer,
} from 'rxjs';
import { mergeBeside } from '../../streams/merge-beside.js';
import { whileTrue } from '../../streams/while-true.js';
import type { ItemEvent } from './codex-event.js';
import { textItems } from './codex-item.js';
import { type CodexSignal, isStreamedText, type RolloutGrew } from './signal.js';

export interface GrowthOptions {
  /**
   * Whether the transport streams text in pieces. Then a message or reasoning item has been emitted
   * when it completes, otherwise it is about to be; and every item is a reason to look, otherwise
   * the first tool and every item after it, and before that one text in 10 ms.
   */
  readonly inPieces: boolean;
  /** False while the host does not read: only items are a reason to look then. */
  readonly ready$: Observable<boolean>;
}

/**
 * Announces that the rollout may hold more of the turn.
 *
 * ```
 * signals  --i---I---p----C|      i item.started  I item.completed  p a piece
 * emits    --(gi)(gI)p-g--C|      g rollout.grew
 * ```
 *
 * Emits every signal in order, and `rollout.grew` before each start, update and end of an item, and
 * before the end of a response, which may have called tools that are no items. Emits it again 5 and
 * 25 ms after the last of these, and then every 100 ms: codex writes an output up to 5 ms after it
 * has completed the item, and does not print some calls at all. Without `inPieces`, emits it only
 * every 500 ms before the first tool of a turn. Completes, fails and is unsubscribed with the
 * source.
 */
export const signalGrowth =
  ({ inPieces, ready$ }: GrowthOptions): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let completed = 0;
      let isWatched = inPieces;
      const begun$ = new Subject<void>();
      const item$ = new Subject<void>();
      const text$ = new Subject<void>();
      // Asked before a text takes its way to `throttle`, which drops nearly all of a flood.
      let isTextDue = true;
      const openText = (): void => {
        isTextDue = true;
      };
      const whileReady = (look$: Observable<number>): Observable<number> =>
        ready$.pipe(whileTrue(look$));
      const grew$ = merge(
        begun$.pipe(map(() => whileReady(timer(SELDOM_MS, SELDOM_MS)))),
        item$.pipe(map(() => concat(of(0), whileReady(looksEach(OFTEN_MS))))),
        text$.pipe(
          throttle(() => timer(TEXT_MS).pipe(finalize(openText))),
          map(() => concat(of(0), whileReady(looksEach(SELDOM_MS)))),
        ),
      ).pipe(
        switchAll(),
        map((): RolloutGrew => ({ type: 'rollout.grew', completed })),
        takeUntil(item$.pipe(last(null, undefined))),
      );
      const observe = (signal: CodexSignal): void => {
        if (!inPieces && signal.type === 'turn.started') begun$.next();
        if (signal.type === 'response.over') item$.next();
        if (!isItem(signal)) return;
        const isText = isStreamedText(signal);
        isWatched ||= !isText && !textItems.has(signal.item.type);
        if (isText && inPieces) completed += 1;
        if (isWatched) item$.next();
        else if (isTextDue) {
          isTextDue = false;
          text$.next();
        }
        if (isText && !inPieces) completed += 1;
      };
      return signal$.pipe(
        mergeBeside<CodexSignal>(grew$, { next: observe, complete: () => item$.complete() }),
      );
    });

/** Milliseconds between two looks. */
const OFTEN_MS = 100;
/** The same before the first tool: a call that codex does not print may run. */
const SELDOM_MS = 500;
/** Milliseconds between two texts that are a reason to look: between them the model is asked. */
const TEXT_MS = 10;

const isItem = (signal: CodexSignal): signal is ItemEvent =>
  signal.type === 'item.started' ||
  signal.type === 'item.updated' ||
  signal.type === 'item.completed';

const looksEach = (ms: number): Observable<number> => merge(timer(5), timer(25), timer(ms, ms));
