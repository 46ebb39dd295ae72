import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import {
  catchError,
  defer,
  finalize,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  tap,
  throwError,
  throwIfEmpty,
  timeout,
} from 'rxjs';
import type { Log, OnNotice } from '../canonical/notice.js';
import { reasonOf } from '../text/explain.js';
import { callResult, failed } from './call-result.js';
import type { Access, EndpointEvent, ToolCall } from './endpoint.js';
import { type ToolList, toolList } from './tool-list.js';

/**
 * Calls that run at the host at the same time; more wait. codex makes one after another where a
 * server does not ask for more.
 */
const MAX_CALLS = 64;

/** A call of one of the host's tools, by the host's own name. */
export interface HostCall {
  readonly agent_id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly call_id?: string;
}

/** The effects of the bridge. */
export interface BridgePorts {
  /** Listens for codex; see `EndpointEvent`. */
  readonly endpoint$: (tools: ToolList['tools']) => Observable<EndpointEvent>;
  /** Emits the host's answer once. Unsubscribe cancels the call at the host. */
  readonly callTool$: (call: HostCall, onProgress: ToolCall['progress']) => Observable<unknown>;
  readonly log: Log;
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Lets codex call the host's tools for the time of one turn.
 *
 * ```
 * endpoint   --L---a----b--x---    L listening  a,b calls  x codex gives b up
 * host       -----(a--A)(b-!       A the answer; the call of b is cancelled
 * emits      --L---------------
 * ```
 *
 * Emits the access for codex once, when the endpoint listens. Every call goes to the host, up to 64
 * at the same time; an error of the host, an unknown tool and a host that does not answer within
 * `timeoutMs` are tool errors that the model can read. Never completes by itself; fails when the
 * endpoint does, and when no tool can be used. Unsubscribe stops listening and cancels the open
 * calls at the host.
 */
export const toolBridge = (
  agentId: string,
  specs: readonly unknown[],
  timeoutMs: number,
  ports: BridgePorts,
): Observable<Access> =>
  defer(() => {
    const { tools, hostNames, refused } = toolList(specs);
    for (const { name, reason } of refused)
      ports.log('warning', 'a tool is left out of this turn', { tool: name, reason });
    if (tools.length === 0) return throwError(() => new Error('none of them can be used'));
    let calls = 0;
    return ports
      .endpoint$(tools)
      .pipe(
        mergeMap(
          (event) =>
            event.type === 'listening'
              ? of(event.access)
              : toldCall(
                  (calls += 1),
                  hostNames.get(event.name) ?? event.name,
                  ports.onNotice,
                  (told) =>
                    answered(
                      { ...event, answer: told(event.answer) },
                      agentId,
                      hostNames.get(event.name),
                      timeoutMs,
                      ports,
                    ),
                ),
          MAX_CALLS,
        ),
      );
  });

const answered = (
  call: ToolCall,
  agentId: string,
  name: string | undefined,
  timeoutMs: number,
  ports: BridgePorts,
): Observable<never> => {
  const { callId, progress } = call;
  const result$: Observable<CallToolResult> =
    name === undefined
      ? of(failed(`there is no tool ${JSON.stringify(call.name)}`))
      : ports
          .callTool$(
            {
              agent_id: agentId,
              name,
              arguments: call.arguments,
              ...(callId === undefined ? {} : { call_id: callId }),
            },
            progress,
          )
          .pipe(
            timeout({
              first: timeoutMs,
              with: () => throwError(() => new Error(`it did not answer within ${timeoutMs} ms`)),
            }),
            throwIfEmpty(() => new Error('the host did not answer')),
            map(callResult),
            catchError((error: unknown) =>
              of(failed(`the tool ${name} failed: ${reasonOf(error)}`)),
            ),
            take(1),
          );
  return result$.pipe(
    tap((result) => {
      call.answer(result);
    }),
    ignoreElements(),
    takeUntil(call.cancelled$),
  );
};

/** Tells the begin of a call and its end; one that got no answer is an error. */
const toldCall = (
  id: number,
  tool: string,
  onNotice: OnNotice | undefined,
  call: (told: (answer: ToolCall['answer']) => ToolCall['answer']) => Observable<never>,
): Observable<never> =>
  onNotice === undefined
    ? call((answer) => answer)
    : defer(() => {
        let isError = true;
        onNotice({ call: { id, tool } });
        return call((answer) => (result) => {
          isError = result.isError === true;
          answer(result);
        }).pipe(finalize(() => onNotice({ returned: { id, is_error: isError } })));
      });
