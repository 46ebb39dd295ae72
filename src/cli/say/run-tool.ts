import { catchError, defer, map, type Observable, of, reduce } from 'rxjs';
import type { HostCall } from '../../bridge/answer-call.js';
import { MAX_RESULT_BYTES } from '../../bridge/result-limit.js';
import { exactJson } from '../../lines/exact-json.js';
import {
  type Cancel,
  type Exited,
  howEnded,
  type ProcessRun,
  type ProcessSignal,
} from '../../process/run.js';
import { reasonOf } from '../../text/explain.js';
import type { CommandTool } from './tools-file.js';

/** The stdout of a process and its exit. */
interface Answer {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly exited?: Exited;
}

/** The effects that tools use. */
export interface ToolPorts {
  /** Runs a process and kills its tree on cancel and unsubscribe; see `spawnProcess`. */
  readonly process$: (run: ProcessRun, cancel$: Observable<Cancel>) => Observable<ProcessSignal>;
  readonly cancel$: Observable<Cancel>;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs the command of a tool in the workspace. The command reads the arguments of the call as JSON
 * on stdin.
 *
 * Emits the result once the process tree is gone, then completes. The result is stdout; or an error
 * with the end of stderr when the command exits with a code other than 0, cannot be started, or
 * does not exist. Does not fail. `cancel$` and unsubscribe end the command.
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
        toolError(
          `the tool ${call.name} has no command in the tools file, so nothing runs when it is called`,
        ),
      );
    return process$(
      { file, args, cwd: workspace, env, stdin: exactJson(call.arguments) },
      cancel$,
    ).pipe(
      reduce(addSignal, { chunks: [], bytes: 0 }),
      map(resultOf),
      catchError((error: unknown) =>
        of(toolError(`the command of ${call.name} could not be started: ${reasonOf(error)}`)),
      ),
    );
  });

const addSignal = (answer: Answer, signal: ProcessSignal): Answer => {
  if (signal.type === 'exited') return { ...answer, exited: signal };
  const { chunks, bytes } = answer;
  return bytes > MAX_RESULT_BYTES
    ? answer
    : { chunks: [...chunks, signal.chunk], bytes: bytes + signal.chunk.length };
};

const resultOf = ({ chunks, exited }: Answer): unknown => {
  const text = Buffer.concat(chunks).toString('utf8');
  if (exited?.code === 0) return { content: [{ type: 'text', text }] };
  const output =
    exited?.stderr.trim() === ''
      ? text.slice(-MAX_ERROR_CHARS)
      : exited?.stderr.slice(-MAX_ERROR_CHARS);
  return toolError(
    `the command ${howEnded(exited ?? { code: null, signal: null })}: ${output?.trim() ?? ''}`,
  );
};

/** Characters of stderr, or of stdout, in the error of a failed command. */
const MAX_ERROR_CHARS = 4_000;

const toolError = (text: string) => ({ content: [{ type: 'text', text }], isError: true });
