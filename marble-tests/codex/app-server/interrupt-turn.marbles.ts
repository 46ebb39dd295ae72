import { asyncScheduler, concat, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import { abandonTurn, interruptTurn } from '../../../src/codex/app-server/interrupt-turn.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const notes = { ...turnNotes('T', 'U'), o: turnNotes('other', 'U').X };
const exits: Record<string, ServerExit> = { x: { code: null, signal: 'SIGKILL', stderr: '' } };
const refused = new AppServerError('no active turn to interrupt');
const INTERRUPT = ['turn/interrupt', { threadId: 'T', turnId: 'U' }];
const CLEAN = ['thread/backgroundTerminals/clean', { threadId: 'T' }];

describe('interruptTurn', () => {
  it(
    'interrupts the turn once its id is known, and completes with the answer',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const turnId$ = cold('  --(U|)     ');
      const answer = cold('     ---(r|)  ');
      const idSubs = '        ^-!        ';
      const subs = '          --^--!     ';
      const expected = '      -----|     ';
      const { server, requests } = fakeAppServer(NEVER, () => answer);

      expectObservable(interruptTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(turnId$.subscriptions).toBe(idSubs);
      expectSubscriptions(answer.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([INTERRUPT]);
    }),
  );

  it(
    'tries again every 20 ms while codex refuses, until unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turnId$ = cold('  (U|)              ');
      const answer = cold('   #                 ', undefined, refused);
      const cancel = '        50ms !            ';
      const subs = ['(^!)', '20ms (^!)', '40ms (^!)'];
      const expected = '      50ms -            ';
      const { server } = fakeAppServer(NEVER, () => answer);

      expectObservable(interruptTurn(server, 'T', turnId$), cancel).toBe(expected);
      expectSubscriptions(turnId$.subscriptions).toBe('(^!)');
      expectSubscriptions(answer.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes when the app-server exits',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const turnId$ = cold('  --------');
      const exited$ = hot('   ----x---', exits);
      const subs = '          ^---!   ';
      const expected = '      ----|   ';
      const { server } = fakeAppServer(NEVER, undefined, { exited$ });

      expectObservable(interruptTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(turnId$.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when codex has refused the turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turnId$ = cold('  --#', undefined, refused);
      const subs = '          ^-!';
      const expected = '      --#';
      const { server } = fakeAppServer(NEVER);

      expectObservable(interruptTurn(server, 'T', turnId$)).toBe(expected, undefined, refused);
      expectSubscriptions(turnId$.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('UVW', { U: 'U', V: 'V', W: 'W' }, (turnId$) =>
    interruptTurn(fakeAppServer(NEVER).server, 'T', turnId$),
  );
});

describe('abandonTurn', () => {
  it(
    'interrupts the turn, then ends the commands of its thread',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('    ----------', notes);
      const turnId$ = cold('  --(U|)    ');
      const interrupt = cold('  ---(r|) ');
      const clean = cold('         --(r|)');
      const subs = '          ^----!    ';
      const cleanSubs = '     -----^-!  ';
      const expected = '      -------|  ';
      const { server, requests } = fakeAppServer(source, (method) =>
        method === 'turn/interrupt' ? interrupt : clean,
      );

      expectObservable(abandonTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(clean.subscriptions).toBe(cleanSubs);
      flush();
      expect(requests).toEqual([INTERRUPT, CLEAN]);
    }),
  );

  it(
    'stops trying when the turn has completed',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('    ---o---C--', notes);
      const turnId$ = cold('  (U|)      ');
      const interrupt = cold('----------');
      const subs = '          ^------!  ';
      const expected = '      -------|  ';
      const { server } = fakeAppServer(source, (method) =>
        method === 'turn/interrupt' ? interrupt : undefined,
      );

      expectObservable(abandonTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(interrupt.subscriptions).toBe(subs);
    }),
  );

  it(
    'kills the app-server after 5 s without back-pressure, and waits for its exit',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const ready$ = cold('   f 1s   t            ', { f: false, t: true });
      const exited$ = hot('   - 1s   - 5s x       ', exits);
      const interrupt = cold('--------------------');
      const subs = '          ^ 1s   - 5s !       ';
      const expected = '      - 1s   - 5s |       ';
      const kills: number[] = [];
      const { server } = fakeAppServer(
        NEVER,
        (method) => (method === 'turn/interrupt' ? interrupt : undefined),
        { ready$, exited$, kill: () => void kills.push(asyncScheduler.now()) },
      );

      expectObservable(abandonTurn(server, 'T', concat(of('U'), NEVER))).toBe(expected);
      expectSubscriptions(interrupt.subscriptions).toBe(subs);
      flush();
      expect(kills).toEqual([6_001]);
    }),
  );

  it(
    'does not kill the app-server for a turn that codex has not accepted, and interrupts it later',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const turnId$ = cold('  11s (U|)');
      const subs = ['^ 9999ms !', '^ 9999ms !', '^ 9999ms !', '10s ^ 10999ms !'];
      const expected = '      10s |';
      const { server, requests, killed } = fakeAppServer(NEVER);

      expectObservable(abandonTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(turnId$.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([CLEAN, INTERRUPT]);
      expect(killed).toEqual([]);
    }),
  );

  it(
    'ends the commands of a turn that codex refuses',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const turnId$ = cold('  --#', undefined, refused);
      const expected = '      --|';
      const { server, requests } = fakeAppServer(NEVER);

      expectObservable(abandonTurn(server, 'T', turnId$)).toBe(expected);
      expectSubscriptions(turnId$.subscriptions).toBe(['^-!', '^-!', '^-!']);
      flush();
      expect(requests).toEqual([CLEAN]);
    }),
  );

  testUnsubscription('oSa', notes, (notification$) =>
    abandonTurn(fakeAppServer(notification$).server, 'T', NEVER),
  );
});
