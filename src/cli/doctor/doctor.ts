import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import {
  defaultIfEmpty,
  defer,
  finalize,
  map,
  type Observable,
  of,
  shareReplay,
  skip,
  take,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import { EXECUTABLE } from '../../plexum/methods.js';
import { exitOnSignal, terminate$ } from '../../process/exit-signals.js';
import { reasonOf } from '../../text/explain.js';
import { printable } from '../../text/printable.js';
import { type Command, wantsColor } from '../command.js';
import { allChecks } from './all-checks.js';
import type { DoctorOptions } from './doctor-ports.js';
import { nodeDoctorPorts } from './node-doctor-ports.js';
import { isOk, renderCheck, renderJson, renderSummary } from './report.js';

const HELP = `Usage: ${EXECUTABLE} doctor [options]

Checks what a turn needs: Node, config, codex, its version and login, models, profile, allow list, manifest, sockets, sessions, leftovers. Run it as the user of
the daemon and with its environment (PATH, HOME, CODEX_HOME, PLEXUM_PROFILE_ROOT). Ctrl-C cancels a turn of --turn or --tools, a second Ctrl-C exits at once.
Exit code: 1 when a check is red, 130 when it was interrupted, else 0.

Options:
  --workspace W    check the thread of this agent workspace; may be repeated
  --turn           run a real turn in a temporary folder, with the first of supported_models (costs a few tokens; codex keeps its thread)
  --tools          run a turn that has to call a tool over the bridge
  --mend           end the processes that killed plugins left behind
  --json           print one JSON document: { ok, checks: [{ id, state, title, detail, mend? }] }
  -h, --help       print this
`;

type DoctorRequest = 'help' | (DoctorOptions & { readonly json: boolean });

/** Parses the arguments. Left: why they are rejected. */
export const doctorArgs = (args: readonly string[]): Either<string, DoctorRequest> => {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        workspace: { type: 'string', multiple: true, default: [] },
        turn: flag,
        tools: flag,
        mend: flag,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    });
    const { workspace, help, ...rest } = values;
    if (workspace.includes('')) return left('--workspace needs the path of a folder');
    return right(
      help
        ? 'help'
        : { ...rest, workspaces: [...new Set(workspace.map((each) => path.resolve(each)))] },
    );
  } catch (error) {
    return left(reasonOf(error));
  }
};

/**
 * `doctor`: checks what a turn needs. Prints each check when it is done, then emits the exit code
 * and completes. With `--turn` or `--tools` the first signal cancels the running turn and the
 * second one exits; otherwise the first signal exits.
 */
export const doctor: Command = (args) => {
  const request = doctorArgs(args);
  if (isLeft(request))
    return printText(
      process.stderr,
      printable(`${EXECUTABLE}: ${request.left}; see doctor --help\n`),
      1,
    );
  return request.right === 'help' ? printText(process.stdout, HELP, 0) : runChecks(request.right);
};

const runChecks = ({ json, ...options }: Exclude<DoctorRequest, 'help'>): Observable<number> => {
  const color = wantsColor(process.stdout.isTTY, process.env);
  // The reader may have closed the pipe.
  process.stdout.on('error', () => undefined);
  const stop$ = terminate$.pipe(take(2), shareReplay({ bufferSize: 2, refCount: false }));
  return allChecks(options, nodeDoctorPorts(process.env, stop$)).pipe(
    tap((check) => json || process.stdout.write(renderCheck(check, color))),
    toArray(),
    map((checks) => {
      process.stdout.write(json ? renderJson(checks) : renderSummary(checks, color));
      return isOk(checks) ? 0 : 1;
    }),
    takeUntil(stop$.pipe(skip(options.turn || options.tools ? 1 : 0))),
    defaultIfEmpty(INTERRUPTED),
    // Only pending output and killed processes keep the process alive from here.
    finalize(exitOnSignal),
  );
};

/** The exit code of a shell for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const printText = (stream: NodeJS.WritableStream, text: string, code: number): Observable<number> =>
  defer(() => {
    stream.write(text);
    return of(code);
  });
