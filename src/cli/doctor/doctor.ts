import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import {
  defaultIfEmpty,
  finalize,
  map,
  type Observable,
  shareReplay,
  skip,
  take,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import { EXECUTABLE } from '../../plexum/methods.js';
import { exitOnSignal, terminate$ } from '../../process/exit-signals.js';
import { type Command, INTERRUPTED, printed, refuseArguments, wantsColor } from '../command.js';
import { readCommandLine } from '../command-line.js';
import { allChecks } from './all-checks.js';
import type { DoctorOptions } from './doctor-ports.js';
import { nodeDoctorPorts } from './node-doctor-ports.js';
import { isOk, renderCheck, renderJson, renderSummary } from './report.js';

const HELP = `Usage: ${EXECUTABLE} doctor [options]

Checks what a turn needs: Node, config, codex, its version and login, models, limits, hooks, transport, profile, folders, allow list, manifest, sockets,
sessions, leftovers, and what codex or the daemon has sent that the plugin does not know. Run it as the user of the daemon and with its environment (PATH, HOME,
CODEX_HOME, PLEXUM_PROFILE_ROOT). Ctrl-C cancels a turn of --turn or --tools, a second Ctrl-C exits at once.
Exit code: 1 when a check is red, 130 when it was interrupted, 2 for wrong arguments, else 0.

Options:
  --workspace W    check the thread of this agent workspace; may be repeated
  --turn           run a real turn in a temporary folder, with the first of supported_models (costs a few tokens; codex keeps its thread)
  --tools          run a turn that has to call a tool over the bridge
  --mend           end the processes that killed plugins left behind
  --no-app-server  start no app-server of codex; without it the models, the limits and the hooks are not known
  --json           print one JSON document: { ok, checks: [{ id, state, title, detail, mend? }] }
  -h, --help       print this
`;

type DoctorRequest = 'help' | (DoctorOptions & { readonly json: boolean });

/** Parses the arguments. Left: why they are rejected. */
export const doctorArgs = (args: readonly string[]): Either<string, DoctorRequest> => {
  const flag = { type: 'boolean', default: false } as const;
  const read = readCommandLine({
    args: [...args],
    options: {
      workspace: { type: 'string', multiple: true, default: [] },
      turn: flag,
      tools: flag,
      mend: flag,
      json: flag,
      'no-app-server': flag,
    },
  });
  if (isLeft(read)) return read;
  if (read.right === 'help') return right('help');
  const { workspace, 'no-app-server': isSpared, ...rest } = read.right.values;
  return workspace.includes('')
    ? left('--workspace needs the path of a folder')
    : right({
        ...rest,
        appServer: !isSpared,
        workspaces: [...new Set(workspace.map((each) => path.resolve(each)))],
      });
};

/**
 * `doctor`: checks what a turn needs. Prints each check when it is done, then emits the exit code
 * and completes. With `--turn` or `--tools` the first signal cancels the running turn and the
 * second one exits; otherwise the first signal exits.
 */
export const doctor: Command = (args) => {
  const request = doctorArgs(args);
  if (isLeft(request)) return refuseArguments('doctor', request.left);
  return request.right === 'help' ? printed(process.stdout, HELP, 0) : runChecks(request.right);
};

const runChecks = ({ json, ...options }: Exclude<DoctorRequest, 'help'>): Observable<number> => {
  const color = wantsColor(process.stdout.isTTY, process.env);
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
