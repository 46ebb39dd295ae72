import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ignoreElements, mergeMap, NEVER, Observable, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  answerCall,
  answerUnknown,
  type HostCall,
  notifyCall,
} from '../../src/bridge/answer-call.js';
import type { ToolCall } from '../../src/bridge/endpoint.js';
import type { Notice } from '../../src/canonical/notice.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] });
const toolError = (words: string): CallToolResult => ({ ...text(words), isError: true });

const hostAnswers = { A: text('4'), Z: text('again') };
const answers = {
  A: text('4'),
  F: toolError('the tool add failed: gone'),
  T: toolError('the tool add failed: it did not answer within 10 ms'),
  N: toolError('the tool add failed: the host did not answer'),
  U: toolError('there is no tool "add"'),
};

/** A call of codex, and its answers. */
const createCall = (cancelled$: Observable<unknown> = NEVER) => {
  const answer$ = new Subject<CallToolResult>();
  const call: ToolCall = {
    type: 'call',
    name: 'add',
    arguments: { x: 1 },
    callId: 'call_1',
    cancelled$,
    progress: () => undefined,
    answer: (result) => {
      answer$.next(result);
    },
  };
  return { call, answer$ };
};
const answer = (call: ToolCall, host: Observable<unknown>, calls: HostCall[] = []) =>
  answerCall(call, 'ada', 'add', 10, (hostCall) => {
    calls.push(hostCall);
    return host;
  });

describe('answerCall', () => {
  it.each([
    ['answers with the result of the host and completes', '---(A|)', '^--!', '---A', '---|'],
    ['answers once when the host answers twice', '--A--Z', '^-!', '--A', '--|'],
    ['answers at once when the host does', '(AZ|)', '(^!)', 'A', '|'],
    ['answers with a tool error when the host fails', '---#', '^--!', '---F', '---|'],
    ['answers with a tool error when the host is empty', '---|', '^--!', '---N', '---|'],
    ['times out 10 ms after the call', '-----------A', '^ 9ms !', '10ms T', '10ms |'],
    ['does not time out 1 ms earlier', '---------(A|)', '^--------!', '---------A', '---------|'],
  ])('%s', (_title, host, subs, sent, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(host, hostAnswers, new Error('gone'));
      const { call, answer$ } = createCall();
      const calls: HostCall[] = [];

      expectObservable(answer$).toBe(sent, answers);
      expectObservable(answer(call, source, calls)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(calls).toEqual([
        { agent_id: 'ada', name: 'add', arguments: { x: 1 }, call_id: 'call_1' },
      ]);
    })();
  });

  it(
    'cancels the call at the host and sends no answer when codex cancels it',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('-----(A|)', hostAnswers);
      const cancel = hot(' ---x     ', { x: true });
      const subs = '       ^--!     ';
      const sent = '       ---------';
      const expected = '   ---|     ';
      const { call, answer$ } = createCall(cancel);

      expectObservable(answer$).toBe(sent);
      expectObservable(answer(call, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
    }),
  );

  it(
    'cancels the call at the host on unsubscribe, through the whole chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-----(A|)', hostAnswers);
      const unsub = '      ---!     ';
      const subs = '       ^--!     ';
      const sent = '       ---------';
      const expected = '   ----     ';
      const { call, answer$ } = createCall();
      const chained$ = of(call).pipe(mergeMap((one) => answer(one, source)));

      expectObservable(answer$).toBe(sent);
      expectObservable(chained$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous host after its first answer', () => {
    const emitted: number[] = [];
    const source = new Observable<unknown>((subscriber) => {
      for (let n = 1; !subscriber.closed && n < 10; n += 1) {
        emitted.push(n);
        subscriber.next(hostAnswers.A);
      }
    });

    answer(createCall().call, source).subscribe();
    expect(emitted).toEqual([1]);
  });

  testUnsubscription('AZA', hostAnswers, (host$) => answer(createCall().call, host$), {
    takesOne: true,
  });
});

describe('answerUnknown', () => {
  it(
    'answers with a tool error at once and completes',
    marbles(({ expectObservable }) => {
      const { call, answer$ } = createCall();

      expectObservable(answer$).toBe('          U', answers);
      expectObservable(answerUnknown(call)).toBe('|');
    }),
  );
});

describe('notifyCall', () => {
  const notices: Record<string, Notice> = {
    c: { call: { id: 7, tool: 'add' } },
    r: { returned: { id: 7, is_error: false } },
    e: { returned: { id: 7, is_error: true } },
  };

  it.each([
    ['notifies about the start and the answered end', '---(A|)', '', 'c--r', '---|'],
    ['marks a failed call as an error', '---#', '', 'c--e', '---|'],
    ['marks a call without an answer as an error', '------', '---!', 'c--e', '----'],
  ])('%s', (_title, host, unsub, noticed, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(host, hostAnswers, new Error('gone'));
      const subs = '^--!';
      const notice$ = new Subject<Notice>();
      const { call } = createCall();
      const call$ = notifyCall(
        call,
        7,
        'add',
        (notice) => {
          notice$.next(notice);
        },
        (one) => answer(one, source),
      );

      expectObservable(notice$).toBe(noticed, notices);
      expectObservable(call$, unsub === '' ? undefined : unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  testUnsubscription('AZA', hostAnswers, (run$) =>
    notifyCall(
      createCall().call,
      1,
      'add',
      () => undefined,
      () => run$.pipe(ignoreElements()),
    ),
  );
});
