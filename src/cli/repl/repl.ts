import { isLeft } from 'fp-ts/lib/Either.js';
import {
  concat,
  defer,
  finalize,
  fromEvent,
  ignoreElements,
  merge,
  type Observable,
  of,
  shareReplay,
  startWith,
  switchMap,
  take,
  takeWhile,
  timer,
} from 'rxjs';
import about from '../../../package.json' with { type: 'json' };
import { exitSignals$, takeOverSignals$ } from '../../process/exit-signals.js';
import { type Command, printed, refuseArguments } from '../command.js';
import { readCommandLine } from '../command-line.js';
import { HELP } from './help.js';
import { scope } from './scope.js';
import { openSession, surviveErrors } from './session.js';

/** Milliseconds that turns have to end after the session; then they are killed. */
const LEAVE_MS = 2_000;
/** Milliseconds between two checks whether turns still run. */
const POLL_MS = 20;

/**
 * `repl`: a Node REPL with the names of the library. Emits 0 when the session is closed and its
 * turns have ended, then completes and exits the process.
 */
export const repl: Command = (args) => {
  const read = readCommandLine({ args: [...args] });
  if (isLeft(read)) return refuseArguments('repl', read.left);
  return read.right === 'help' ? printed(process.stdout, HELP, 0) : session();
};

const session = (): Observable<number> =>
  defer(() => {
    const { server, write } = openSession();
    // REPLServer takes SIGINT while it evaluates a line and removes the listeners afterwards.
    const signals$ = fromEvent(server, 'line').pipe(
      startWith(''),
      switchMap((_line, nth) => (nth === 0 ? takeOverSignals$ : exitSignals$)),
    );
    surviveErrors(write);
    const closed$ = merge(
      fromEvent(server, 'exit'),
      fromEvent(process.stdout, 'error'),
      signals$,
    ).pipe(take(1), shareReplay({ bufferSize: 1, refCount: false }));
    const { names, running } = scope({
      cancel$: merge(closed$, fromEvent(server, 'SIGINT')),
      terminate$: closed$,
      executable: process.argv[1] ?? '',
      version: about.version,
      write,
    });
    Object.assign(server.context, names);
    server.on('reset', (context) => Object.assign(context, names));
    const ended$ = timer(0, POLL_MS).pipe(
      takeWhile((polls) => running() > 0 && polls * POLL_MS < LEAVE_MS),
    );
    return closed$.pipe(
      switchMap(() => concat(ended$.pipe(ignoreElements()), of(0))),
      // Timers of the session may still be pending.
      finalize(() => setImmediate(() => process.exit())),
    );
  });
