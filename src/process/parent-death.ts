import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { catchError, defer, last, map, type Observable, of, tap } from 'rxjs';
import { isProgram, readRegularFile } from './files.js';
import type { Exited, ProcessRun, ProcessSignal } from './run.js';

/** Sends SIGINT to the program when the thread that started it is gone; util-linux. */
const SETPRIV = ['--pdeathsig', 'INT', '--'] as const;

/** Whether a setpriv can do that, by its path. */
const probed = new Map<string, boolean>();

/**
 * Lets a process get SIGINT when this process is killed, after which codex ends its whole tree.
 *
 * Emits the run through `setpriv`, which replaces itself by the program and so keeps the pid; or
 * the run as it is, where that is impossible: outside Linux, in a worker thread, whose end is not
 * that of the process, without util-linux, and for a file that cannot be executed, so that the
 * system says why. Then completes. `process$` runs the probe of a setpriv that is not known to have
 * the option, once. Does not fail. Unsubscribe unsubscribes from the probe.
 */
export const endWithParent = (
  run: ProcessRun,
  process$: (probe: ProcessRun) => Observable<ProcessSignal>,
): Observable<ProcessRun> =>
  defer(() => {
    if (run.endsWithParent !== true) return of(run);
    const tied = throughSetpriv(run);
    if (tied === undefined) return of(run);
    const { file: setpriv } = tied;
    const known = isKnownToWork(setpriv);
    if (known !== undefined) return of(known ? tied : run);
    return process$({ ...run, file: setpriv, args: [...SETPRIV, 'true'], stdin: '' }).pipe(
      last(null, undefined),
      map((signal) => signal?.type === 'exited' && signal.code === 0),
      tap((works) => probed.set(setpriv, works)),
      map((works) => (works ? tied : run)),
      // The probe could not be started: the next run asks again.
      catchError(() => of(run)),
    );
  });

/**
 * The run through a setpriv that nobody has probed: whoever sees whether it works `learns` that,
 * so that no other run needs a probe. `undefined` where there is none, or it is known.
 */
export const asProbe = (
  run: ProcessRun,
): { readonly tied: ProcessRun; readonly learn: (works: boolean) => void } | undefined => {
  const tied = throughSetpriv(run);
  return tied === undefined || isKnownToWork(tied.file) !== undefined
    ? undefined
    : { tied, learn: (works) => probed.set(tied.file, works) };
};

/** Whether a setpriv works: as a run has shown, or since its program names the option. */
const isKnownToWork = (setpriv: string): boolean | undefined => {
  if (!probed.has(setpriv) && namesOption(setpriv)) probed.set(setpriv, true);
  return probed.get(setpriv);
};

/** util-linux has it since 2.33; busybox has another setpriv. */
const namesOption = (setpriv: string): boolean => {
  try {
    const program = readRegularFile(setpriv, MAX_SETPRIV_BYTES);
    return program.subarray(0, ELF.length).equals(ELF) && program.includes('pdeathsig');
  } catch {
    return false;
  }
};
const ELF = Buffer.from('\x7fELF');
/** setpriv has 80 KB. */
const MAX_SETPRIV_BYTES = 1_048_576;

/** The run through setpriv, where that is possible. */
const throughSetpriv = (run: ProcessRun): ProcessRun | undefined => {
  if (process.platform !== 'linux' || !isMainThread()) return undefined;
  const setpriv = findSetpriv(run.env['PATH'] ?? '');
  return setpriv === undefined || !isProgram(run.file)
    ? undefined
    : { ...run, file: setpriv, args: [...SETPRIV, run.file, ...run.args] };
};

/** What `node:worker_threads` says, too, which takes 2 ms to load. */
const isMainThread = (): boolean => {
  try {
    const [pid, , thread] = readlinkSync('/proc/thread-self').split('/');
    return pid === thread;
  } catch {
    return false;
  }
};

/** Whether setpriv has ended without executing the program. */
export const isSetprivFailure = (signal: ProcessSignal): signal is Exited =>
  signal.type === 'exited' &&
  signal.code !== null &&
  signal.code !== 0 &&
  /^setpriv: [^\n]*\n?$/.test(signal.stderr);

/**
 * Lets later runs do without a setpriv that is refused its option, as a sandbox may do; not without
 * one that could not execute the program, which it names.
 */
export const dropRefused = (tied: ProcessRun, { stderr }: Exited): void => {
  const program = tied.args[SETPRIV.length] ?? '';
  if (!stderr.includes(program)) probed.set(tied.file, false);
};

const findSetpriv = (searchPath: string): string | undefined =>
  searchPath
    .split(path.delimiter)
    .filter((dir) => path.isAbsolute(dir))
    .map((dir) => path.join(dir, 'setpriv'))
    .find(isProgram);
