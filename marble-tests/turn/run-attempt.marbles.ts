import {
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  share,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExecPlan } from '../../src/codex/exec/codex-run.js';
import type { CodexRun } from '../../src/codex/run.js';
import type { Parsed } from '../../src/lines/parse-json.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel, ProcessSignal } from '../../src/process/run.js';
import { codexOutput, THREAD, turnEvents } from '../../src/testing/alphabet.js';
import { MAX_PROMPT_CHARS } from '../../src/turn/prompt.js';
import { runAttempt } from '../../src/turn/run-attempt.js';
import { createTurnNotes } from '../../src/turn/turn-notes.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const STORED = '01a1fb58-5a98-7973-8b0a-074f22270974';
const cancel: Cancel = { reason: 'host', graceMs: 7 };
const images = { paths: ['/tmp/1.png'], notes: [], release: () => undefined };
const turn = {
  model: 'gpt-5.5',
  workspace: '/w',
  text: 'hi',
  images,
  bridge: undefined,
  notes: createTurnNotes(),
};
const line = (event: unknown): ProcessSignal => ({
  type: 'stdout',
  chunk: Buffer.from(`${JSON.stringify(event)}\n`),
});
const output = {
  ...codexOutput,
  l: line({ type: 'later.event' }),
  s: line({ type: 'item.started', item: { id: 'item_1', type: 'command_execution' } }),
  e: line({ type: 'item.completed', item: { id: 'item_1', type: 'command_execution' } }),
  p: line({ type: 'item.started', item: { id: 'item_1', type: 'todo_list' } }),
  k: { ...codexOutput.x, code: null, signal: 'SIGINT', cancelled: cancel },
} as const;
const events = {
  ...turnEvents,
  /** Cancelled before codex has named a thread. */
  N: { ...turnEvents.K, thread_id: '' },
  D: {
    type: 'error',
    kind: 'timeout',
    message: 'codex: the turn was ended: it took longer than 5 ms (turn_timeout_ms)',
    retryable: true,
  },
} as const;
const record = (payload: object): Parsed => ({
  type: 'json',
  value: { type: 'response_item', payload },
});
const records: Record<string, Parsed> = {
  c: record({
    type: 'function_call',
    name: 'look_up',
    arguments: '{"colour":"teal"}',
    call_id: 'call_1',
  }),
  o: record({ type: 'function_call_output', call_id: 'call_1', output: '#008080' }),
};
const runs: Record<string, CodexRun> = { r: { ...quietRun, version: '0.169.0' } };

/** A codex that prints until it is cancelled, and exits then. `stop$` emits its cancel. */
const stoppable = (
  output$: Observable<ProcessSignal>,
  exit$: Observable<ProcessSignal>,
): { readonly codex$: Ports['codex$']; readonly stop$: Observable<Cancel> } => {
  const stop$ = new Subject<Cancel>();
  return {
    stop$,
    codex$: (_run, cancel$) => {
      const stopped$ = cancel$.pipe(
        take(1),
        tap((stop) => stop$.next(stop)),
        share(),
      );
      return merge(output$.pipe(takeUntil(stopped$)), stopped$.pipe(switchMap(() => exit$))).pipe(
        takeWhile(({ type }) => type !== 'exited', true),
      );
    },
  };
};

const newThread = (ports: Ports, cancel$: Observable<Cancel> = NEVER) =>
  runAttempt(turn, undefined, cancel$, ports);

describe('runAttempt', () => {
  it(
    'emits text when codex prints it, and the terminal event when codex has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     --r|          ', runs);
      const codex = cold('     T-S-a-C--(x|)', output);
      const runSubs = '      ^-!           ';
      const subs = '         --^--------!  ';
      const expected = '     ------t----(E|)';
      const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(run.subscriptions).toBe(runSubs);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a call when its item starts, and its result as soon as the rollout has it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-S-s-------e-------a-C-(x|)', output);
      const reads = ['(c|)', '(o|)', '|'].map((look) => cold(look, records));
      const subs = '         ^-----------------------!   ';
      const expected = '     ----(cde)--------o--t---(E|)';
      // At the start of the item and 5 ms later, at its end and 5 ms later.
      const ends = [10, 10, 10, 20];
      const { ports } = fakePorts({
        codex$: () => codex,
        rollout$: () => reads.shift() ?? NEVER,
        rolloutEnd$: () => of({ end: ends.shift() ?? 20, file: 'f' }),
      });

      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'applies the limit of commands while a call of the rollout has no output',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S-p----------------------', output);
      const exit = cold('                            -k|', output);
      const read = cold('        (c|)                   ', records);
      const subs = '         ^-----------------------!  ';
      const expected = '     ------------------------d  ';
      const { codex$, stop$ } = stoppable(source, exit);
      const { ports } = fakePorts({
        codex$,
        deadlines: { firstEvent: 0, idle: 8, command: 20, reconnect: 0, turn: 0 },
        rollout$: () => read,
        rolloutEnd$: () => of({ end: 10, file: 'f' }),
      });

      expectObservable(stop$).toBe(expected, {
        d: {
          reason: 'deadline',
          graceMs: 5_000,
          expired: { deadline: 'command', ms: 20 },
        },
      });
      newThread(ports).subscribe();
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'plans the run of a resumed thread once the end of its rollout is known',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const mark = cold('    ---m|', { m: { offset: 10 } });
      const subs = '         ^---!';
      const planned = '      ---p ';
      const asked: string[] = [];
      const plan$ = new Subject<ExecPlan>();
      const { ports } = fakePorts({
        rolloutMark$: (threadId) => {
          asked.push(threadId);
          return mark;
        },
        codexRun$: (plan) => {
          plan$.next(plan);
          return NEVER;
        },
      });
      const noted = { ...turn, images: { ...images, notes: ['(an image cannot be read)'] } };

      expectObservable(plan$).toBe(planned, {
        p: {
          threadId: STORED,
          model: 'gpt-5.5',
          images: ['/tmp/1.png'],
          workspace: '/w',
          prompt: 'hi\n\n(an image cannot be read)',
          bridge: undefined,
        },
      });
      expectObservable(runAttempt(noted, STORED, NEVER, ports)).toBe('-----');
      expectSubscriptions(mark.subscriptions).toBe(subs);
      expect(asked).toEqual([STORED]);
    }),
  );

  it(
    'does not read the mark of a new thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const mark = cold('    m', { m: { offset: 10 } });
      const codex = cold('   T-C(x|)', output);
      const subs = '         ^--!   ';
      const expected = '     ---(E|)';
      const { ports } = fakePorts({ rolloutMark$: () => mark, codex$: () => codex });

      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(mark.subscriptions).toBe([]);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits its terminal event at a cancel before codex starts, and starts none',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const run = cold('     -----r|', runs);
      const codex = cold('   T      ', output);
      const cancel$ = hot('  --c    ', { c: cancel });
      const runSubs = '      ^-!    ';
      const expected = '     --(N|) ';
      const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

      expectObservable(newThread(ports, cancel$)).toBe(expected, events);
      expectSubscriptions(run.subscriptions).toBe(runSubs);
      expectSubscriptions(cancel$.subscriptions).toBe(runSubs);
      expectSubscriptions(codex.subscriptions).toBe([]);
    }),
  );

  it(
    'passes a cancel on to codex, and emits the terminal event when codex has exited',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-S-a--------', output);
      const exit = cold('          ----k   ', output);
      const cancel$ = hot('  ------c      ', { c: cancel });
      const subs = '         ^-----!      ';
      const exitSubs = '     ------^---!  ';
      const stopped = '      ------s------';
      const expected = '     ----t-----(K|)';
      const { codex$, stop$ } = stoppable(codex, exit);
      const { ports } = fakePorts({ codex$ });

      expectObservable(stop$).toBe(stopped, { s: cancel });
      expectObservable(newThread(ports, cancel$)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(exit.subscriptions).toBe(exitSubs);
    }),
  );

  it(
    'cancels codex when a deadline expires, and names the deadline at the exit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const expiry: Cancel = {
        reason: 'deadline',
        graceMs: 7,
        expired: { deadline: 'turn', ms: 5 },
      };
      const codex = cold('   T-S-------', output);
      const exit = cold('         --k  ', { k: { ...output.k, cancelled: expiry } });
      const subs = '         ^----!    ';
      const exitSubs = '     -----^-!  ';
      const stopped = '      -----s----';
      const expected = '     -------(D|)';
      const { codex$, stop$ } = stoppable(codex, exit);
      const deadlines = { firstEvent: 0, idle: 0, command: 0, reconnect: 0, turn: 5 };
      const { ports } = fakePorts({ deadlines, graceMs: 7, codex$ });

      expectObservable(stop$).toBe(stopped, { s: expiry });
      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(exit.subscriptions).toBe(exitSubs);
    }),
  );

  it(
    'ends as cancelled when a deadline expires between a cancel and the exit',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-S-------', output);
      const cancel$ = hot('  ---c      ', { c: cancel });
      const exit = cold('       ----k  ', output);
      const subs = '         ^--!      ';
      const exitSubs = '     ---^---!  ';
      const stopped = '      ---s------';
      const expected = '     -------(K|)';
      const { codex$, stop$ } = stoppable(codex, exit);
      const deadlines = { firstEvent: 0, idle: 0, command: 0, reconnect: 0, turn: 5 };
      const { ports } = fakePorts({ deadlines, graceMs: 7, codex$ });

      expectObservable(stop$).toBe(stopped, { s: cancel });
      expectObservable(newThread(ports, cancel$)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(exit.subscriptions).toBe(exitSubs);
    }),
  );

  it(
    'counts unknown kinds of the version of codex, and logs each when it is new',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     r|         ', runs);
      const codex = cold('   T-l-l-C(x|)', output);
      const subs = '         ^------!   ';
      const counted = '      --l-l------';
      const logged = '       --L--------';
      const expected = '     -------(E|)';
      const log$ = new Subject<unknown>();
      const drift$ = new Subject<unknown>();
      const known = new Set<string>();
      const { ports } = fakePorts({
        codexRun$: () => run,
        codex$: () => codex,
        drift: (kind, version) => {
          drift$.next([kind, version]);
          return !known.has(kind) && known.add(kind).has(kind);
        },
        log: (level, _msg, fields) => level === 'notice' && log$.next(fields),
      });

      expectObservable(drift$).toBe(counted, { l: ['event later.event', '0.169.0'] });
      expectObservable(log$).toBe(logged, {
        L: { kind: 'event later.event', codex: '0.169.0' },
      });
      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'stores the thread that codex begins before it emits the text of the thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-a-C--(x|)', output);
      const write = cold<never>('---|   ');
      const writeSubs = '    ^--!       ';
      const stored = '       s----------';
      const expected = '     ---t---(E|)';
      const session$ = new Subject<unknown>();
      const { ports } = fakePorts({
        codex$: () => codex,
        writeSession$: (workspace, threadId) => {
          session$.next([workspace, threadId]);
          return write;
        },
      });

      expectObservable(session$).toBe(stored, { s: ['/w', THREAD] });
      expectObservable(newThread(ports)).toBe(expected, events);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'refuses a prompt that is too long at once, and subscribes to no port',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     r|  ', runs);
      const cancel$ = cold(' -c  ', { c: cancel });
      const expected = '     (Y|)';
      const { ports } = fakePorts({ codexRun$: () => run });
      const long = { ...turn, text: 'x'.repeat(MAX_PROMPT_CHARS + 1) };
      const kind$ = runAttempt(long, undefined, cancel$, ports).pipe(
        map((event) => (event.type === 'error' ? event.kind : event.type)),
      );

      expectObservable(kind$).toBe(expected, { Y: 'prompt_too_large' });
      expectSubscriptions(run.subscriptions).toBe([]);
      expectSubscriptions(cancel$.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['the mark of the thread', ['--#', 'r|', 'T'], ['^-!', [], []], '--#'],
    ['the run', ['--m|', '-#', 'T'], ['^--!', '--^!', []], '---#'],
    ['codex', ['m|', 'r|', 'T-#'], ['(^!)', '(^!)', '^-!'], '--#'],
  ] as const)('fails with %s', (_what, [markLine, runLine, codexLine], subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const mark = cold(markLine, { m: { offset: 0 } });
      const run = cold(runLine, runs);
      const codex = cold(codexLine, output);
      const { ports } = fakePorts({
        rolloutMark$: () => mark,
        codexRun$: () => run,
        codex$: () => codex,
      });

      expectObservable(runAttempt(turn, STORED, NEVER, ports)).toBe(expected, events);
      [mark, run, codex].forEach(({ subscriptions }, i) => {
        expectSubscriptions(subscriptions).toBe([subs[i] ?? []].flat());
      });
    })();
  });

  it(
    'runs codex once for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-C(x|)      ', output);
      const subs = ['        ^--!         ', '------^--!'];
      const later = '        ------^      ';
      const first = '        ---(E|)      ';
      const second = '       ---------(E|)';
      const { ports } = fakePorts({ codex$: () => codex });
      const attempt$ = newThread(ports);

      expectObservable(attempt$).toBe(first, events);
      expectObservable(attempt$, later).toBe(second, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { T, a, b, C, x } = codexOutput;
    const { source$, emitted } = synchronous<ProcessSignal>([T, a, b, C, x]);
    const { ports } = fakePorts({ codex$: () => source$ });
    newThread(ports).pipe(take(2)).subscribe();

    expect(emitted).toEqual([T, a, b]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T-a-b-C(x|)', output);
      const cancel$ = hot<Cancel>('-----------');
      const unsub = '        ---!       ';
      const subs = '         ^--!       ';
      const expected = '     --t-       ';
      const { ports } = fakePorts({
        codex$: (_run, stop$) => merge(codex, stop$.pipe(ignoreElements())),
      });
      const chain$ = of(ports).pipe(
        mergeMap((each) => newThread(each, cancel$)),
        mergeMap((event) => of(event)),
      );

      expectObservable(chain$, unsub).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      // Until codex starts, and by codex.
      expectSubscriptions(cancel$.subscriptions).toBe(['(^!)', subs]);
    }),
  );
});
