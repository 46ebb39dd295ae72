import { describe, expect, it } from 'vitest';
import { noUsage, type Terminal } from '../../src/canonical/turn-event.js';
import type { Cancel } from '../../src/process/run.js';
import { outOfTime } from '../../src/turn/out-of-time.js';
import { marbles } from '../support/marbles.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const cancels: Record<string, Cancel> = {
  h: { reason: 'host', graceMs: 1 },
  s: { reason: 'shutdown', graceMs: 1 },
  o: { reason: 'shutdown', graceMs: 1, isOver: true },
};
const ended: Record<string, Terminal> = {
  E: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: THREAD },
  N: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: '' },
};
const ignore = (): void => undefined;

describe('outOfTime', () => {
  it(
    'ends the turn at the cancel which says that its time is over, with a warning',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const cancel = cold('  --h----s--o---', cancels);
      const subs = '         ^-------------';
      const expected = '     ----------E---';
      const logs: string[] = [];
      const end$ = outOfTime(
        cancel,
        () => THREAD,
        (level, msg) => logs.push(`${level} ${msg}`),
      );

      expectObservable(end$).toBe(expected, ended);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([
        'warning the plugin has to exit, so the turn ends before its processes; they are killed now',
      ]);
    }),
  );

  it(
    'names no thread when the turn has none yet, and completes with the cancels',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel = cold('  s--o|', cancels);
      const subs = '         ^---!';
      const expected = '     ---N|';

      expectObservable(outOfTime(cancel, () => undefined, ignore)).toBe(expected, ended);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends nothing when the host cancels, at the shutdown, nor without a cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const host = cold(' -hs|', cancels);
      const hostSubs = '  ^--!';
      const none = cold(' --|', cancels);
      const noneSubs = '  ^-!';

      expectObservable(outOfTime(host, () => THREAD, ignore)).toBe('---|', ended);
      expectObservable(outOfTime(none, () => THREAD, ignore)).toBe('--|', ended);
      expectSubscriptions(host.subscriptions).toBe(hostSubs);
      expectSubscriptions(none.subscriptions).toBe(noneSubs);
    }),
  );

  it(
    'fails with the cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel = cold('  s-#', cancels);
      const subs = '         ^-!';
      const expected = '     --#';

      expectObservable(outOfTime(cancel, () => THREAD, ignore)).toBe(expected, ended);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends nothing once it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const cancel = cold('  -s--o---', cancels);
      const unsub = '        --!     ';
      const subs = '         ^-!     ';
      const logs: string[] = [];

      expectObservable(
        outOfTime(
          cancel,
          () => THREAD,
          (_, msg) => logs.push(msg),
        ),
        unsub,
      ).toBe('---', ended);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([]);
    }),
  );
});
