import { map, mergeMap, of, range, repeat, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { toSignals } from '../../../src/codex/app-server/to-signals.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { marbles } from '../../support/marbles.js';

const ids = { threadId: 'T', turnId: 'U' };
const message = { type: 'agentMessage', id: 'm', text: 'Hello' };
const command = {
  type: 'commandExecution',
  id: 'c',
  command: 'ls',
  exitCode: null,
  status: 'inProgress',
};
const hook = {
  eventName: 'userPromptSubmit',
  sourcePath: '/h/hooks.json',
  entries: [{ text: 'not' }, { text: 'today' }],
};
const turn = { id: 'U', error: null };
const turnStarted: ServerNotification = {
  method: 'turn/started',
  params: { threadId: 'T', turn: { id: 'U' } },
};
const notes: Record<string, ServerNotification> = {
  S: { method: 'turn/started', params: { threadId: 'T', turn: { id: 'U' } } },
  a: { method: 'item/agentMessage/delta', params: { ...ids, itemId: 'm', delta: 'Hel' } },
  b: { method: 'item/agentMessage/delta', params: { ...ids, itemId: 'm', delta: 'lo' } },
  A: { method: 'item/completed', params: { ...ids, item: message } },
  B: { method: 'item/completed', params: { ...ids, item: { ...message, id: 'n' } } },
  d: { method: 'odd', params: { threadId: 'T', kind: 'notification item/later' } },
  y: { method: 'item/started', params: { ...ids, item: { type: 'later', id: 'l' } } },
  Y: { method: 'item/completed', params: { ...ids, item: { type: 'later', id: 'l' } } },
  i: { method: 'item/started', params: { ...ids, item: command } },
  I: {
    method: 'item/completed',
    params: { ...ids, item: { ...command, exitCode: 1, status: 'failed' } },
  },
  n: { method: 'turn/plan/updated', params: ids },
  h: { method: 'item/reasoning/summaryTextDelta', params: { ...ids, itemId: 'r', delta: 'Hm' } },
  p: {
    method: 'item/reasoning/summaryPartAdded',
    params: { ...ids, itemId: 'r', summaryIndex: 1 },
  },
  P: {
    method: 'item/reasoning/summaryPartAdded',
    params: { ...ids, itemId: 'r', summaryIndex: 0 },
  },
  H: {
    method: 'item/completed',
    params: { ...ids, item: { type: 'reasoning', id: 'r', summary: ['Hm', 'Hm'] } },
  },
  q: { method: 'item/started', params: { ...ids, item: { type: 'userMessage', id: 'u' } } },
  u: {
    method: 'thread/tokenUsage/updated',
    params: {
      ...ids,
      tokenUsage: { total: { inputTokens: 10, outputTokens: 2, reasoningOutputTokens: 1 } },
    },
  },
  e: { method: 'error', params: { ...ids, error: { message: 'Reconnecting... 1/5' } } },
  E: {
    method: 'error',
    params: { ...ids, error: { message: 'Reconnecting...', additionalDetails: 'refused' } },
  },
  v: { method: 'alive', params: { threadId: 'T' } },
  k: { method: 'hook/completed', params: { ...ids, run: { ...hook, status: 'blocked' } } },
  K: { method: 'hook/completed', params: { ...ids, run: { ...hook, status: 'completed' } } },
  W: { method: 'warning', params: { threadId: 'T', message: 'careful' } },
  C: {
    method: 'turn/completed',
    params: { threadId: 'T', turn: { ...turn, status: 'completed' } },
  },
  F: {
    method: 'turn/completed',
    params: { threadId: 'T', turn: { ...turn, status: 'failed', error: { message: 'no' } } },
  },
  X: {
    method: 'turn/completed',
    params: { threadId: 'T', turn: { ...turn, status: 'interrupted' } },
  },
};
const shown = <T extends object>(id: string, fields: T) => ({ id, ...fields });
const signals: Record<string, CodexSignal> = {
  S: { type: 'turn.started', turn_id: 'U' },
  v: { type: 'alive' },
  o: { type: 'response.over' },
  a: { type: 'item.piece', item: 'agent_message', text: 'Hel', first: true },
  b: { type: 'item.piece', item: 'agent_message', text: 'lo', first: false },
  w: { type: 'item.piece', item: 'agent_message', text: 'Hello', first: true },
  A: {
    type: 'item.completed',
    item: { type: 'agent_message', ...shown('m', { text: '', streamed: 'Hello' }) },
  },
  B: {
    type: 'item.completed',
    item: { type: 'agent_message', ...shown('n', { text: '', streamed: 'Hello' }) },
  },
  d: { type: 'unrecognised', kind: 'notification item/later' },
  k: {
    type: 'hook.stopped',
    event: 'UserPromptSubmit',
    source: '/h/hooks.json',
    reason: 'not\ntoday',
  },
  Y: { type: 'unrecognised', kind: 'item later' },
  i: {
    type: 'item.started',
    item: {
      type: 'command_execution',
      ...shown('c', { command: 'ls', exit_code: null, status: 'in_progress' }),
    },
  },
  I: {
    type: 'item.completed',
    item: {
      type: 'command_execution',
      ...shown('c', { command: 'ls', exit_code: 1, status: 'failed' }),
    },
  },
  n: { type: 'item.updated', item: { type: 'todo_list', ...shown('plan', {}) } },
  h: { type: 'item.piece', item: 'reasoning', text: 'Hm', first: true },
  g: { type: 'item.piece', item: 'reasoning', text: 'Hm', first: false },
  p: { type: 'item.piece', item: 'reasoning', text: '\n', first: false },
  H: {
    type: 'item.completed',
    item: { type: 'reasoning', ...shown('r', { text: '', streamed: 'Hm\nHm' }) },
  },
  e: { type: 'error', message: 'Reconnecting... 1/5' },
  E: { type: 'error', message: 'Reconnecting... (refused)' },
  W: { type: 'item.completed', item: { type: 'error', message: 'careful' } },
  C: {
    type: 'turn.completed',
    usage: {
      input_tokens: 10,
      cached_input_tokens: 0,
      output_tokens: 2,
      reasoning_output_tokens: 1,
    },
  },
  D: { type: 'turn.completed', usage: undefined },
  F: { type: 'turn.failed', error: { message: 'no' } },
};

describe('toSignals', () => {
  it(
    'maps a turn with a plan, deltas, a command and its tokens',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-q-n-a-b-A-i--I-u-(C|)', notes);
      const subs = '         ^------------------!   ';
      const expected = '     S-v-n-a-b-A-i--I-o-(C|)';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a sign of life for each notification that says no more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-v-vq-(vX)-|', notes);
      const subs = '         ^-----------!';
      const expected = '     S-v-vv-v----|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the whole text of a message without deltas',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-A---(C|) ', notes);
      const subs = '         ^-----!    ';
      const expected = '     S-(wA)(D|) ';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts another message after a call, although an earlier one was abandoned',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-a-E-i-I-(B|) ', notes);
      const subs = '         ^---------!    ';
      const expected = '     S-a-E-i-I-(wB|)';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits unrecognised for unknown notifications, and continues',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-d-y-Y-q-a-|', notes);
      const subs = '         ^-----------!';
      const expected = '     S-d-v-Y-v-a-|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'joins the parts of a reasoning summary by line feeds',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  P-h-p-h-H-|', notes);
      const subs = '         ^---------!';
      const expected = '     v-h-p-g-H-|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a warning as codex exec prints it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-W-a-|', notes);
      const subs = '         ^-----!';
      const expected = '     S-W-a-|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the words of a hook that blocks the prompt, and a sign of life for another one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-K-k-|', notes);
      const subs = '         ^-----!';
      const expected = '     S-v-k-|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a retry and a failure, and nothing for an interrupt',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-e-F-X-|', notes);
      const subs = '         ^-------!';
      const expected = '     S-e-F---|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', notes);
      const subs = '         ^-!';
      const expected = '     --|';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that emits nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----', notes);
      const subs = '         ^---';
      const expected = '     ----';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-a-#', notes);
      const subs = '         ^---!';
      const expected = '     S-a-#';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of notifications in one moment',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (SabAuC|)', notes);
      const subs = '         (^!)     ';
      const expected = '     (SabAoC|)';

      expectObservable(source.pipe(toSignals())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the source when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   S-a-b-A', notes);
      const cancel = '       ---!   ';
      const subs = '         ^--!   ';
      const expected = '     S-a    ';

      expectObservable(source.pipe(toSignals()), cancel).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts from its first state with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a---A---|        ', notes);
      const subs = ['        ^-------!        ', '        --------^-------!'];
      const expected = '     a---(bA)a---(bA)|';

      expectObservable(source.pipe(toSignals(), repeat(2))).toBe(expected, {
        ...signals,
        b: { type: 'item.piece', item: 'agent_message', text: 'lo', first: false },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot(' -S-S-S- ', notes);
      const cancel = '     ----!  ';
      const subs = '       ^---!  ';
      const expected = '   -S-S---';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        toSignals(),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, cancel).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const emitted: number[] = [];
    const source$ = range(0, 10).pipe(
      tap((i) => void emitted.push(i)),
      map(() => turnStarted),
    );
    source$
      .pipe(toSignals(), take(3))
      .subscribe({ error: (error: unknown) => expect.fail(String(error)) });
    expect(emitted).toEqual([0, 1, 2]);
  });
});
