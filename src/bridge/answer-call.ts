import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import {
  catchError,
  defer,
  finalize,
  ignoreElements,
  map,
  type Observable,
  of,
  take,
  takeUntil,
  tap,
  throwError,
  throwIfEmpty,
  timeout,
} from 'rxjs';
import type { OnNotice } from '../canonical/notice.js';
import { reasonOf } from '../text/explain.js';
import { callResult, errorResult } from './call-result.js';
import type { ToolCall } from './endpoint.js';

/** A call of one of the host's tools, by the host's own name. */
export interface HostCall {
  readonly agent_id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly call_id?: string;
}

/** Emits the host's answer once. Unsubscribe cancels the call at the host. */
export type CallTool = (call: HostCall, onProgress: ToolCall['progress']) => Observable<unknown>;

/**
 * Answers a call of codex with the result of the host.
 *
 * Emits nothing. Completes after the answer, or when codex cancels the call. Does not fail: an
 * error of the host, an invalid result, and no answer within `timeoutMs` are tool errors that the
 * model can read. Unsubscribe cancels the call at the host.
 */
export const answerCall = (
  call: ToolCall,
  agentId: string,
  name: string,
  timeoutMs: number,
  callTool$: CallTool,
): Observable<never> => {
  const { callId, progress } = call;
  const hostCall: HostCall = {
    agent_id: agentId,
    name,
    arguments: call.arguments,
    ...(callId === undefined ? {} : { call_id: callId }),
  };
  const result$ = callTool$(hostCall, progress).pipe(
    timeout({
      first: timeoutMs,
      with: () => throwError(() => new Error(`it did not answer within ${timeoutMs} ms`)),
    }),
    throwIfEmpty(() => new Error('the host did not answer')),
    map(callResult),
    catchError((error: unknown) => of(errorResult(`the tool ${name} failed: ${reasonOf(error)}`))),
  );
  return answerWith(call, result$);
};

/** Answers a call of a tool that the host does not have with a tool error. */
export const answerUnknown = (call: ToolCall): Observable<never> =>
  answerWith(call, of(errorResult(`there is no tool ${JSON.stringify(call.name)}`)));

/** Answers a call whose turn is over with a tool error. */
export const answerLate = (call: ToolCall): void => {
  call.answer(errorResult('the turn is over'));
};

const answerWith = (call: ToolCall, result$: Observable<CallToolResult>): Observable<never> =>
  result$.pipe(
    take(1),
    tap((result) => {
      call.answer(result);
    }),
    ignoreElements(),
    takeUntil(call.cancelled$),
  );

/**
 * Notifies about the start and the end of a call around `run`. A call that ends without an answer
 * is an error.
 */
export const notifyCall = (
  call: ToolCall,
  id: number,
  tool: string,
  onNotice: OnNotice,
  run: (call: ToolCall) => Observable<never>,
): Observable<never> =>
  defer(() => {
    let isError = true;
    onNotice({ call: { id, tool } });
    const answer: ToolCall['answer'] = (result) => {
      isError = result.isError === true;
      call.answer(result);
    };
    return run({ ...call, answer }).pipe(
      finalize(() => onNotice({ returned: { id, is_error: isError } })),
    );
  });
