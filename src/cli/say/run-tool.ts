import { catchError, defer, map, type Observable, of, reduce } from 'rxjs';
import type { HostCall } from '../../bridge/answer-call.js';
import { MAX_RESULT_BYTES } from '../../bridge/call-result.js';
import {
  type Cancel,
  type Exited,
  howEnded,
  type ProcessRun,
  type ProcessSignal,
} from '../../process/run.js';
import { reasonOf } from '../../text/explain.js';
import type { CommandTool } from './tools-file.js';

/** What a process said, and how it ended. */
interface Answer {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly exited?: Exited;
}

/** The surroundings of the tools' programs. */
export interface ToolPorts {
  /**
   * One process; see `spawnProcess`, which knows how to end a process with all that it started,
   * whatever it is.
   */
  readonly process$: (run: ProcessRun, cancel$: Observable<Cancel>) => Observable<ProcessSignal>;
  readonly cancel$: Observable<Cancel>;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs the program of a tool: the arguments of the call as JSON on its stdin, the workspace its
 * folder.
 *
 * Emits the result once, when the program and all that it started are gone, and completes: its
 * stdout, or an error with the end of its stderr when it exits with another code than 0 or cannot
 * be started. A tool without a program is an error too. Does not fail; unsubscribe and `cancel$`
 * end the program.
 */
export const runTool = (
  tools: readonly CommandTool[],
  call: HostCall,
  { process$, cancel$, workspace, env }: ToolPorts,
): Observable<unknown> =>
  defer(() => {
    const [file, ...args] = tools.find(({ name }) => name === call.name)?.command ?? [];
    if (file === undefined)
      return of(
        failed(
          `the tool ${call.name} has no command in the tools file, so nothing runs when it is called`,
        ),
      );
    return process$(
      { file, args, cwd: workspace, env, stdin: JSON.stringify(call.arguments) },
      cancel$,
    ).pipe(
      reduce(collected, { chunks: [], bytes: 0 }),
      map(resultOf),
      catchError((error: unknown) =>
        of(failed(`the command of ${call.name} could not be started: ${reasonOf(error)}`)),
      ),
    );
  });

const collected = (answer: Answer, signal: ProcessSignal): Answer => {
  if (signal.type === 'exited') return { ...answer, exited: signal };
  const { chunks, bytes } = answer;
  return bytes > MAX_RESULT_BYTES
    ? answer
    : { chunks: [...chunks, signal.chunk], bytes: bytes + signal.chunk.length };
};

const resultOf = ({ chunks, exited }: Answer): unknown => {
  const text = Buffer.concat(chunks).toString('utf8');
  if (exited?.code === 0) return { content: [{ type: 'text', text }] };
  const said =
    exited?.stderr.trim() === '' ? text.slice(-MAX_SAID) : exited?.stderr.slice(-MAX_SAID);
  return failed(
    `the command ${howEnded(exited ?? { code: null, signal: null })}: ${said?.trim() ?? ''}`,
  );
};

/** Characters of its last words. */
const MAX_SAID = 4_000;

const failed = (text: string) => ({ content: [{ type: 'text', text }], isError: true });
