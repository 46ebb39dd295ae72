import { PassThrough } from 'node:stream';
import {
  catchError,
  defer,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  share,
  takeUntil,
  tap,
} from 'rxjs';
import { parseJson } from '../lines/parse-json.js';
import { readable } from '../lines/readable.js';
import { splitLines } from '../lines/split-lines.js';
import { connectPlugin, type PluginOptions } from '../server/plugin.js';
import { callLocal, type LocalTool } from './local-tools.js';
import { CancelFrame, ToolFrame } from './wire-frames.js';

/** The wire to a plugin server of this process, as its host has it. */
export interface Connection {
  readonly send: (frame: unknown) => void;
  /** What the plugin says, read as JSON. */
  readonly received$: Observable<unknown>;
  /** What the host says. */
  readonly sent$: Observable<unknown>;
}

/**
 * A plugin server in this process. Emits its wire once, initialized, and answers its calls of
 * tools. Lives while it is subscribed, once for all who are; the last unsubscribe ends its turns.
 */
export const localConnection = (
  options: PluginOptions,
  tools: readonly LocalTool[],
): Observable<Connection> =>
  defer(() => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const said$ = new Subject<unknown>();
    const send = (frame: unknown): void => {
      said$.next(frame);
      input.write(`${JSON.stringify(frame)}\n`);
    };
    const received$ = readable(output).pipe(
      splitLines(),
      parseJson(),
      mergeMap((parsed) => (parsed.type === 'json' ? [parsed.value] : [])),
      share(),
    );
    const { server$ } = connectPlugin(input, output, options);
    const begun$ = defer(() => {
      send({
        jsonrpc: '2.0',
        id: 'initialize',
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: LOCAL },
      });
      send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      // The last response is a few microtasks behind.
      const ended$ = server$.pipe(finalize(() => setImmediate(() => output.end())));
      return merge(ended$, answers(received$, tools).pipe(tap(send), ignoreElements()));
    });
    return merge(of({ send, received$, sent$: said$.asObservable() }), begun$).pipe(
      finalize(() => {
        input.destroy();
        output.destroy();
      }),
    );
  }).pipe(share({ connector: () => new ReplaySubject<Connection>(1) }));

const LOCAL = { name: 'local', version: '0' };

const answers = (
  received$: Observable<unknown>,
  tools: readonly LocalTool[],
): Observable<unknown> =>
  received$.pipe(
    filter(ToolFrame.is),
    mergeMap(({ id, params }) =>
      callLocal(tools)(params, () => undefined).pipe(
        map((result) => ({ jsonrpc: '2.0', id, result })),
        catchError((error: unknown) =>
          of({ jsonrpc: '2.0', id, error: { code: -32000, message: String(error) } }),
        ),
        takeUntil(
          received$.pipe(filter((frame) => CancelFrame.is(frame) && frame.params.requestId === id)),
        ),
      ),
    ),
  );
