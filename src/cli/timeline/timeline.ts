import { statSync, writeFileSync } from 'node:fs';
import { isLeft } from 'fp-ts/lib/Either.js';
import { defer, of } from 'rxjs';
import { EXECUTABLE } from '../../plexum/methods.js';
import { pathProblem } from '../../process/file-problem.js';
import { reasonOf } from '../../text/explain.js';
import { printable } from '../../text/printable.js';
import { type Command, MISUSED, printed, refuseArguments } from '../command.js';
import { readCommandLine } from '../command-line.js';
import { paintFor } from './paint.js';
import { Misuse, Refusal, turnsOf, whole } from './read-turns.js';
import { drawSvg } from './svg.js';
import { drawTerminal, frameOf } from './terminal.js';

const USAGE = `Usage: ${EXECUTABLE} timeline FILE... [--turn N] [--width COLUMNS] [--svg OUT]

Draws the turns of a record as marbles, or as a picture. The turns of several records share one time axis.
A log of the wire (PLEXUM_WIRE_LOG) is drawn as well: what the host and the plugin sent, and each request.

  --turn N         only the Nth turn of each file, or the Nth run in a log of the wire
  --width COLUMNS  columns of the drawing, 40 to 1000 (default: the width of the terminal, else 80)
  --svg OUT        write an SVG picture to OUT instead; - is stdout
  -h, --help       print this
`;

/**
 * `timeline`: draws records. Emits 0 after a drawing or the help, 1 after an error, 2 for wrong
 * arguments, with the reason on stderr; then completes.
 */
export const timeline: Command = (args) =>
  defer(() => {
    const read = readCommandLine({
      args: [...args],
      allowPositionals: true,
      options: { svg: { type: 'string' }, turn: { type: 'string' }, width: { type: 'string' } },
    });
    if (isLeft(read)) return refuseArguments('timeline', read.left);
    if (read.right === 'help') return printed(process.stdout, USAGE, 0);
    const { values, positionals } = read.right;
    if (positionals.length === 0) return refuseArguments('timeline', 'it takes a FILE, got none');
    try {
      draw(positionals, values);
      return of(0);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      process.stderr.write(printable(`${EXECUTABLE} timeline: ${error.message}\n`));
      return of(error instanceof Misuse ? MISUSED : 1);
    }
  });

interface Wanted {
  readonly svg?: string;
  readonly turn?: string;
  readonly width?: string;
}

const draw = (positionals: readonly string[], values: Wanted): void => {
  const width =
    values.width === undefined
      ? Math.max(40, process.stdout.columns || 80)
      : whole('--width', values.width, 40, 1_000);
  const drawn = positionals.flatMap((file) => turnsOf(file, values.turn, positionals.length > 1));
  if (values.svg === undefined) {
    const paint = paintFor(process.stdout, process.env);
    const all = drawn.map(({ timeline: each }) => each);
    const shared = positionals.length > 1 ? { frame: frameOf(all, width) } : {};
    const texts = drawn.map(({ name, timeline: each }) =>
      drawTerminal(each, { width, name, paint, ...shared }).join('\n'),
    );
    return void process.stdout.write(`${texts.join('\n\n\n')}\n`);
  }
  const picture = drawSvg(drawn, positionals.length > 1 ? 'one' : 'own');
  if (values.svg === '-') return void process.stdout.write(picture);
  const { svg } = values;
  if (positionals.some((file) => isSame(file, svg)))
    throw new Refusal(`--svg ${svg} is the record itself; name another file`);
  write(svg, picture);
  process.stdout.write(
    printable(`${svg}: ${drawn.length} ${drawn.length === 1 ? 'turn' : 'turns'}\n`),
  );
};

const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Refusal(`cannot write the picture: ${reasonOf(error)}`);
  }
};

/** Whether two paths name one file: writing the picture there would destroy the record. */
const isSame = (a: string, b: string): boolean => {
  if (pathProblem(a) !== undefined || pathProblem(b) !== undefined) return false;
  const [one, other] = [statSync(a), statSync(b)];
  return one.ino === other.ino && one.dev === other.dev;
};
