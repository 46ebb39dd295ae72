import { defer, type Observable, of } from 'rxjs';
import type { Command } from './cli/command.js';
import { doctor } from './cli/doctor/doctor.js';
import { repl } from './cli/repl/repl.js';
import { say } from './cli/say/say.js';
import { timeline } from './cli/timeline/timeline.js';
import { EXECUTABLE } from './plexum/methods.js';
import { reasonOf } from './text/explain.js';
import { printable } from './text/printable.js';

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['doctor', doctor],
  ['say', say],
  ['timeline', timeline],
  ['repl', repl],
]);

const failUnknown = (name: string): Observable<number> =>
  defer(() => {
    process.stderr.write(
      printable(`${EXECUTABLE}: unknown command ${JSON.stringify(name)}; see --help\n`),
    );
    return of(1);
  });

const [name = '', ...args] = process.argv.slice(2);
(commands.get(name)?.(args) ?? failUnknown(name)).subscribe({
  next: (code) => {
    process.exitCode = code;
  },
  error: (error: unknown) => {
    process.stderr.write(printable(`${EXECUTABLE}: ${reasonOf(error)}\n`));
    process.exitCode = 1;
  },
});
