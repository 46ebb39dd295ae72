import { defer, map, mergeMap, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { keepThread } from '../../src/turn/keep-thread.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const OLD = '01a1fb58-5a98-7973-8b0a-074f22270974';
const NEW = '01a1fb83-ff35-7422-9e00-a5a8974b6993';

const values: Record<string, CodexSignal> = {
  N: { type: 'thread.started', thread_id: NEW },
  O: { type: 'thread.started', thread_id: OLD },
  B: { type: 'thread.started', thread_id: '../../etc/passwd' },
  L: { type: 'thread.started', thread_id: 'x'.repeat(100) },
  S: { type: 'turn.started' },
  a: { type: 'item.completed', item: { type: 'agent_message', text: 'hello' } },
  C: {
    type: 'turn.completed',
    usage: {
      input_tokens: 10,
      cached_input_tokens: 4,
      output_tokens: 2,
      reasoning_output_tokens: 1,
    },
  },
  F: { type: 'turn.failed', error: { message: "Unknown parameter: 'input[3].status'" } },
  w: { type: 'item.completed', item: { type: 'error', message: 'a warning of codex' } },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};
const none: Record<string, never> = {};

describe('keepThread', () => {
  it(
    'stores a new thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--S--a--C--(x|)', values);
      const write = cold('     |              ', none);
      const subs = '         ^-------------!   ';
      const writeSubs = '    --(^!)            ';
      const expected = '     --N--S--a--C--(x|)';
      const written: string[][] = [];
      const { ports, logs } = fakePorts({
        writeSession$: (workspace, id) => (written.push([workspace, id]), write),
      });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(written).toEqual([['/w', NEW]]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'holds the signals in their order while the id is stored',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N-S-a------C--(x|)', values);
      const write = cold('     -----|            ', none);
      const subs = '         ^---------------!   ';
      const writeSubs = '    --^----!            ';
      const expected = '     -------(NSa)-C--(x|)';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'lets others begin a thread once its own is stored',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N------S--(x|)', values);
      const write = cold('     ---|         ', none);
      const subs = '         ^-----------!   ';
      const probe = cold('   -a-a--a-a       ');
      const states = '       -L-L--f-f       ';
      const expected = '     -----N---S--(x|)';
      let isLocked = false;
      const { ports } = fakePorts({
        writeSession$: () => write,
        lockNewThread$: () =>
          defer(() => {
            isLocked = true;
            return of(() => {
              isLocked = false;
            });
          }),
      });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectObservable(probe.pipe(map(() => (isLocked ? 'L' : 'f')))).toBe(states);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['goes on with a thread', OLD, undefined],
    ['begins the first thread', undefined, undefined],
    ['replaces a thread', undefined, OLD],
  ])('locks the workspace when it begins a thread only: it %s', (_, resumed, replaced) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --O--a--(x|)', values);
      const subs = '         ^-------!   ';
      const expected = '     --O--a--(x|)';
      const locked: string[] = [];
      const { ports } = fakePorts({
        lockNewThread$: (workspace) => (locked.push(workspace), of(() => undefined)),
      });

      expectObservable(source.pipe(keepThread('/w', resumed, ports, { replaced }))).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(locked).toEqual(resumed === undefined ? ['/w'] : []);
    })();
  });

  it(
    'writes nothing when codex resumes the thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --O--a--C--(x|)', values);
      const write = cold('     |           ', none);
      const subs = '         ^----------!   ';
      const expected = '     --O--a--C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', OLD, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'stores another thread than the resumed one, with a warning',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--a--C--(x|)', values);
      const write = cold('     |           ', none);
      const subs = '         ^----------!   ';
      const writeSubs = '    --(^!)         ';
      const expected = '     --N--a--C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', OLD, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(logs).toEqual([
        {
          level: 'warning',
          msg: 'codex began another thread than the one it was asked to resume',
          fields: { thread_id: NEW, asked: OLD },
        },
      ]);
    }),
  );

  it(
    'writes once when codex names its thread twice',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N--N--a--(x|)', values);
      const write = cold('     |           ', none);
      const subs = '         ^----------!   ';
      const writeSubs = '    --(^!)         ';
      const expected = '     --N--N--a--(x|)';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'never stores an id that is no UUID',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --B--a--(x|)', values);
      const write = cold('     |        ', none);
      const subs = '         ^-------!   ';
      const expected = '     --B--a--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
      flush();
      expect(logs.map(({ level, fields }) => [level, fields])).toEqual([
        ['warning', { thread_id: '../../etc/passwd' }],
      ]);
    }),
  );

  it(
    'logs the first 80 characters of an id that is no UUID',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --L--(x|)', values);
      const subs = '         ^----!   ';
      const expected = '     --L--(x|)';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs.map(({ fields }) => fields)).toEqual([{ thread_id: 'x'.repeat(80) }]);
    }),
  );

  it(
    'logs a warning when the write fails',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--a--C--(x|)', values);
      const write = cold('     -#          ', none, new Error('EROFS'));
      const subs = '         ^----------!   ';
      const writeSubs = '    --^!           ';
      const expected = '     ---N-a--C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(logs).toEqual([
        {
          level: 'warning',
          msg: 'the thread id could not be stored: EROFS',
          fields: { thread_id: NEW },
        },
      ]);
    }),
  );

  it(
    'stores a thread that replaces another when codex answers in it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--w--S--a--C--(x|)', values);
      const write = cold('              -|       ', none);
      const subs = '         ^----------------!   ';
      const writeSubs = '    -----------^!        ';
      const expected = '     --N--w--S---a-C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports, { replaced: OLD }))).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'stores a seeded thread when codex answers in it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--S--a--C--(x|)', values);
      const write = cold('           -|       ', none);
      const subs = '         ^-------------!   ';
      const writeSubs = '    --------^!        ';
      const expected = '     --N--S---a-C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports, { isSeeded: true }))).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'stores no seeded thread whose prompt was blocked, and logs nothing',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --N--S--C--(x|)', values);
      const write = cold('     |           ', none);
      const subs = '         ^----------!   ';
      const expected = '     --N--S--C--(x|)';
      const { ports, logs } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports, { isSeeded: true }))).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'leaves the workspace its thread when the one that replaces it ends without an answer',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N--w--S--F--(x|)', values);
      const write = cold('       |             ', none);
      const subs = '         ^-------------!   ';
      const logged = '       --------------l   ';
      const expected = '     --N--w--S--F--(x|)';
      const log$ = new Subject<unknown>();
      const { ports } = fakePorts({
        writeSession$: () => write,
        log: (level, msg, fields) => log$.next([level, msg, fields]),
      });

      expectObservable(log$).toBe(logged, {
        l: [
          'warning',
          'the new thread ended before codex answered in it; the workspace keeps its previous thread',
          { thread_id: OLD, replacement: NEW },
        ],
      });
      expectObservable(source.pipe(keepThread('/w', undefined, ports, { replaced: OLD }))).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
    }),
  );

  it(
    'stores nothing for an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', values);
      const write = cold('  |  ', none);
      const subs = '         ^-!';
      const expected = '     --|';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
    }),
  );

  it(
    'waits for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------', values);
      const subs = '         ^-----';
      const expected = '     ------';
      const { ports } = fakePorts();

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N--#  ', values);
      const write = cold('     |    ', none);
      const subs = '         ^----!  ';
      const writeSubs = '    --(^!)  ';
      const expected = '     --N--#  ';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'keeps the order of synchronous signals',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (NSaCx|)', values);
      const write = cold('  |       ', none);
      const subs = '         (^!)    ';
      const expected = '     (NSaCx|)';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the write when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N--a--C--(x|)', values);
      const write = cold('     --------|   ', none);
      const unsub = '        -----!         ';
      const subs = '         ^----!         ';
      const writeSubs = '    --^--!         ';
      const expected = '     ------         ';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports)), unsub).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'ignores a hot source after unsubscribe',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --S--a--N--', values);
      const write = cold('          |   ', none);
      const unsub = '        ------!    ';
      const subs = '         ^-----!    ';
      const expected = '     --S--a-    ';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports)), unsub).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
    }),
  );

  it(
    'has no time limit for the write',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  N 180m (x|)    ', values);
      const write = cold('   10m |     ', none);
      const subs = '         ^ 180m !   ';
      const writeSubs = '    ^ 599999ms !';
      const expected = '     10m N 170m (x|)';
      const { ports } = fakePorts({ writeSession$: () => write });

      expectObservable(source.pipe(keepThread('/w', undefined, ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
    }),
  );

  it(
    'stores the thread of each subscription by itself',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('   --N--(x|)        ', values);
      const other = cold('             --C-(x|)', values);
      const write = cold('      |             ', none);
      const firstSubs = '     ^----!           ';
      const laterSubs = '     --------^---!    ';
      const writeSubs = '     --(^!)           ';
      const later = '         --------^        ';
      const first = '         --N--(x|)        ';
      const second = '        ----------C-(x|) ';
      const { ports } = fakePorts({ writeSession$: () => write });
      const kept = keepThread('/w', undefined, ports);

      expectObservable(source.pipe(kept)).toBe(first, values);
      expectObservable(other.pipe(kept), later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe(firstSubs);
      expectSubscriptions(other.subscriptions).toBe(laterSubs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['S', 'N', 'a', 'C'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(keepThread('/w', undefined, fakePorts().ports), take(2)).subscribe();

    expect(emitted).toEqual([values.S, values.N]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --N--S--a--(x|)', values);
      const unsub = '        ------!       ';
      const subs = '         ^-----!       ';
      const expected = '     --N--S-       ';
      const { ports } = fakePorts();
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        keepThread('/w', undefined, ports),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
