import { of } from 'rxjs';
import { runCommand } from './cli/run-command.js';
import { say } from './cli/say/say.js';

// A program of its own, which loads nothing of the other commands.
runCommand(of(say));
