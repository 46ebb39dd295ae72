import { defer, from, of } from 'rxjs';
import { type Command, refuseArguments } from './cli/command.js';
import { runCommand } from './cli/run-command.js';

/** Each is loaded when it is asked for. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['doctor', () => import('./cli/doctor/doctor.js').then(({ doctor }) => doctor)],
  ['timeline', () => import('./cli/timeline/timeline.js').then(({ timeline }) => timeline)],
  ['repl', () => import('./cli/repl/repl.js').then(({ repl }) => repl)],
]);

const name = process.argv[2] ?? '';
const load = commands.get(name);
runCommand(
  load === undefined
    ? of(() => refuseArguments('', `unknown command ${JSON.stringify(name)}`))
    : defer(() => from(load())),
);
