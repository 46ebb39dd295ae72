import * as t from 'io-ts';
import { defer, from, isObservable, map, type Observable, of, take, throwError } from 'rxjs';
import type { BridgePorts } from '../bridge/tool-bridge.js';
import type { ToolSpec } from '../canonical/turn-request.js';

/** A tool that runs in this process. */
export interface LocalTool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments; without one any object will do. */
  readonly inputSchema?: unknown;
  /**
   * Runs the tool. What it returns, or the first value of its promise or Observable, is the result:
   * a text, an MCP result (`{content: […]}`), anything else as JSON. What it throws is a tool error
   * that the model reads. An Observable is unsubscribed when codex gives the call up.
   */
  readonly run: (args: Readonly<Record<string, unknown>>) => unknown;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';

const outcome$ = (value: unknown): Observable<unknown> => {
  if (isObservable(value)) return value.pipe(take(1));
  return isPromise(value) ? from(value) : of(value);
};

const WithContent = t.type({ content: t.array(t.unknown) });

const resultOf = (value: unknown): unknown =>
  WithContent.is(value) ? value : { content: [{ type: 'text', text: textOf(value) }] };

const textOf = (value: unknown): string => {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/**
 * Calls a tool of the list by its name. Emits its MCP result once and completes. Fails as the tool
 * does, and for a name that is not there.
 */
export const callLocal =
  (tools: readonly LocalTool[]): BridgePorts['callTool$'] =>
  ({ name, arguments: args }) =>
    defer(() => {
      const tool = tools.find((each) => each.name === name);
      return tool === undefined
        ? throwError(() => new Error(`there is no tool ${JSON.stringify(name)}`))
        : outcome$(tool.run(args));
    }).pipe(map(resultOf));

/** The tools as a turn request has them. */
export const specsOf = (tools: readonly LocalTool[]): ToolSpec[] =>
  tools.map(({ name, description, inputSchema }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    ...(inputSchema === undefined ? {} : { inputSchema }),
  }));
