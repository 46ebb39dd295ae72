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
import { EXECUTABLE } from '../../plexum/methods.js';
import { exitSignals$, removeSignalHandlers } from '../../process/exit-signals.js';
import type { Command } from '../command.js';
import { HELP } from './help.js';
import { scope } from './scope.js';
import { openSession, surviveErrors } from './session.js';

/**
 * Milliseconds that the turns have to end when the session does; then they are killed. And how
 * often is looked.
 */
const LEAVE_MS = 2_000;
const LOOK_MS = 20;

/**
 * `repl`: a Node REPL with the names of the library. Emits 0 when it was left and its turns have
 * ended, and leaves the process.
 */
export const repl: Command = (args) =>
  defer(() => {
    const [first] = args;
    if (first === undefined) return session();
    if (first === '--help' || first === '-h') {
      process.stdout.write(HELP);
      return of(0);
    }
    process.stderr.write(
      `${EXECUTABLE}: repl takes no arguments, got ${JSON.stringify(first)}; see repl --help\n`,
    );
    return of(1);
  });

const session = (): Observable<number> =>
  defer(() => {
    removeSignalHandlers();
    const { server, write } = openSession();
    // Node's REPL takes SIGINT for the time of a line, to break it off, and gives it back to the
    // system, not to who listened.
    const signals$ = fromEvent(server, 'line').pipe(
      startWith(''),
      switchMap(() => exitSignals$),
    );
    surviveErrors(write);
    const left$ = merge(
      fromEvent(server, 'exit'),
      fromEvent(process.stdout, 'error'),
      signals$,
    ).pipe(take(1), shareReplay({ bufferSize: 1, refCount: false }));
    const { names, running } = scope({
      cancel$: merge(left$, fromEvent(server, 'SIGINT')),
      terminate$: left$,
      executable: process.argv[1] ?? '',
      version: about.version,
      write,
    });
    Object.assign(server.context, names);
    server.on('reset', (context) => Object.assign(context, names));
    const ended$ = timer(0, LOOK_MS).pipe(
      takeWhile((looks) => running() > 0 && looks * LOOK_MS < LEAVE_MS),
    );
    return left$.pipe(
      switchMap(() => concat(ended$.pipe(ignoreElements()), of(0))),
      // A session may have left timers behind.
      finalize(() => setImmediate(() => process.exit())),
    );
  });
