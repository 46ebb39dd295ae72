import { defer, filter, mergeMap, type Observable, of, tap, throwError } from 'rxjs';
import type { Log, OnNotice } from '../canonical/notice.js';
import { answerCall, answerLate, answerUnknown, type CallTool, notifyCall } from './answer-call.js';
import { errorResult } from './call-result.js';
import type { Access, EndpointEvent, ToolCall } from './endpoint.js';
import { type ToolList, toolList } from './tool-list.js';

/** Calls that run concurrently at the host; more calls wait. */
export const MAX_CALLS = 64;

/** Calls of a turn that are open at a time, each with its arguments; more calls are refused. */
export const MAX_OPEN = 1_024;

/** The turn that a bridge is opened for. */
export interface BridgePlan {
  readonly agentId: string;
  readonly workspace: string;
  /** The host's tools, as it sent them; see `toolList`. */
  readonly tools: readonly unknown[];
}

/** The effects of the bridge. */
export interface BridgePorts {
  /** Listens for codex; see `EndpointEvent`. */
  readonly endpoint$: (tools: ToolList['tools']) => Observable<EndpointEvent>;
  readonly callTool$: CallTool;
  readonly log: Log;
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Lets codex call the host's tools during one turn.
 *
 * ```
 * endpoint   --L---a----b--x---    L listening  a,b calls  x codex cancels b
 * host       -----(a--A)(b-!       A the answer; the call of b is cancelled
 * emits      --L---------------
 * ```
 *
 * Emits the access for codex once, when the endpoint listens. Each call goes to the host, up to 64
 * concurrently; see `answerCall`. Completes with the endpoint. Fails with the endpoint, and when no
 * tool is usable. Unsubscribe stops listening, cancels the open calls at the host, and answers them
 * with a tool error: codex 0.135 to 0.150 waits for the answer to a call that it has given up.
 */
export const toolBridge = (
  agentId: string,
  specs: readonly unknown[],
  timeoutMs: number,
  { endpoint$, callTool$, log, onNotice }: BridgePorts,
): Observable<Access> =>
  defer(() => {
    const { tools, hostNames, refused } = toolList(specs);
    for (const { name, reason } of refused)
      log('warning', 'a tool is left out of this turn', { tool: name, reason });
    if (tools.length === 0) return throwError(() => new Error('none of them can be used'));
    let calls = 0;
    const openCalls = new Set<ToolCall>();
    const admit = (event: EndpointEvent): boolean => {
      if (event.type === 'listening') return true;
      if (openCalls.size < MAX_OPEN) {
        openCalls.add(event);
        return true;
      }
      event.answer(errorResult(`${MAX_OPEN} calls are open in this turn: wait for a result`));
      return false;
    };
    const answer = (call: ToolCall): Observable<never> => {
      const name = hostNames.get(call.name);
      return name === undefined
        ? answerUnknown(call)
        : answerCall(call, agentId, name, timeoutMs, callTool$);
    };
    const serve = (call: ToolCall): Observable<never> => {
      if (onNotice === undefined) return answer(call);
      calls += 1;
      return notifyCall(call, calls, hostNames.get(call.name) ?? call.name, onNotice, answer);
    };
    return endpoint$(tools).pipe(
      filter(admit),
      mergeMap((event) => {
        if (event.type === 'listening') return of(event.access);
        return serve(event).pipe(tap({ complete: () => openCalls.delete(event) }));
      }, MAX_CALLS),
      tap({ unsubscribe: () => openCalls.forEach(answerLate) }),
    );
  });
