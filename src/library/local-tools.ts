import * as t from 'io-ts';
import {
  defaultIfEmpty,
  defer,
  from,
  isObservable,
  map,
  type Observable,
  of,
  take,
  throwError,
} from 'rxjs';
import type { BridgePorts } from '../bridge/tool-bridge.js';
import type { ToolSpec } from '../canonical/turn-request.js';
import { plainValue } from '../lines/exact-json.js';

/** A tool that runs in this process. */
export interface LocalTool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments. Default: any object. */
  readonly inputSchema?: unknown;
  /**
   * Runs the tool. Its return value, or the first value of the promise or Observable that it
   * returns, is the result: a string is text, an MCP result (`{content: […]}`) is passed on, any
   * other value becomes JSON. `undefined` is an empty text, and so is an Observable that completes
   * without a value. An exception is a tool error that the model reads. The Observable is
   * unsubscribed when codex cancels the call.
   */
  readonly run: (args: Readonly<Record<string, unknown>>) => unknown;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';

const firstValue$ = (value: unknown): Observable<unknown> => {
  if (isObservable(value)) return value.pipe(take(1), defaultIfEmpty(undefined));
  return isPromise(value) ? from(value) : of(value);
};

const WithContent = t.type({ content: t.array(t.unknown) });

const resultOf = (value: unknown): unknown =>
  WithContent.is(value) ? value : { content: [{ type: 'text', text: textOf(value) }] };

const textOf = (value: unknown): string => {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** A tool in JavaScript gets no number that JavaScript would change. */
const argumentsOf = (
  args: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const plain = plainValue(args);
  return t.UnknownRecord.is(plain) ? plain : args;
};

/**
 * Calls the tool of a name. Emits its MCP result once and completes. Fails with the tool, and when
 * no tool has the name. Unsubscribe unsubscribes from the tool's Observable.
 */
export const callLocal =
  (tools: readonly LocalTool[]): BridgePorts['callTool$'] =>
  ({ name, arguments: args }) =>
    defer(() => {
      const tool = tools.find((each) => each.name === name);
      return tool === undefined
        ? throwError(() => new Error(`there is no tool ${JSON.stringify(name)}`))
        : firstValue$(tool.run(argumentsOf(args)));
    }).pipe(map(resultOf));

/** The tools in the form of a turn request. */
export const specsOf = (tools: readonly LocalTool[]): ToolSpec[] =>
  tools.map(({ name, description, inputSchema }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    ...(inputSchema === undefined ? {} : { inputSchema }),
  }));
