import { defer, from, mergeMap } from 'rxjs';
import { type Command, refuseArguments } from './cli/command.js';
import { EXECUTABLE } from './plexum/methods.js';
import { reasonOf } from './text/explain.js';
import { printable } from './text/printable.js';

/** Each is loaded when it is asked for. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['doctor', () => import('./cli/doctor/doctor.js').then(({ doctor }) => doctor)],
  ['say', () => import('./cli/say/say.js').then(({ say }) => say)],
  ['timeline', () => import('./cli/timeline/timeline.js').then(({ timeline }) => timeline)],
  ['repl', () => import('./cli/repl/repl.js').then(({ repl }) => repl)],
]);

const [name = '', ...args] = process.argv.slice(2);
const load = commands.get(name);
const run$ =
  load === undefined
    ? refuseArguments('', `unknown command ${JSON.stringify(name)}`)
    : defer(() => from(load())).pipe(mergeMap((command) => command(args)));
run$.subscribe({
  next: (code) => {
    process.exitCode = code;
  },
  error: (error: unknown) => {
    process.stderr.write(printable(`${EXECUTABLE}: ${reasonOf(error)}\n`));
    process.exitCode = 1;
  },
});
