import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defer, of } from 'rxjs';
import { reasonOf } from '../lines/explain.js';
import type { Command } from './command.js';
import { EXECUTABLE } from '../plexum/methods.js';
import { readRecords } from '../record/turn-record.js';
import { drawSvg } from '../timeline/svg.js';
import { drawTerminal } from '../timeline/terminal.js';
import { paintFor } from '../timeline/paint.js';
import { timelineOf } from '../timeline/timeline-of.js';
import { lines } from '../timeline/words.js';

const USAGE = `Usage: ${EXECUTABLE} timeline FILE [--turn N] [--width COLUMNS] [--svg OUT]

Draws the turns of a record as marbles, or as a picture.

  --turn N         only the Nth turn of the file
  --width COLUMNS  columns of the drawing, 40 to 1000 (the terminal's, else 80)
  --svg OUT        write an SVG picture there instead; - is stdout
  -h, --help       print this
`;

/** What is wrong with what was asked, said to the person who asked. */
class Refusal extends Error {}

/** Draws a record. Emits 0 when it was drawn or help was asked for, 1 when there is nothing to draw or what was asked is wrong; the reason is on stderr. */
export const timeline: Command = (args) =>
  defer(() => {
    process.stdout.on('error', unwritten);
    try {
      run(args);
      return of(0);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      process.stderr.write(`${EXECUTABLE} timeline: ${error.message}\n`);
      return of(1);
    }
  });

/** A reader who has seen enough closes the pipe: that is no failure. */
const unwritten = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`${EXECUTABLE} timeline: cannot write: ${error.message}\n`);
  process.exitCode = 1;
};

const run = (args: readonly string[]): void => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { svg: { type: 'string' }, turn: { type: 'string' }, width: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return void process.stdout.write(USAGE);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Refusal(`it takes one FILE, got ${positionals.length || 'none'}; see --help`);
  const width = values.width === undefined ? Math.max(40, process.stdout.columns || 80) : whole('--width', values.width, 40, 1_000);
  const { turns, malformed } = readRecords(read(file));
  if (turns.length === 0) throw new Refusal(`${file} has no record of a turn${malformed === 0 ? '' : ` (${lines(malformed)} are none)`}`);
  const nth = values.turn === undefined ? undefined : whole('--turn', values.turn, 1, turns.length);
  const chosen = turns.map((records, i) => ({
    name: turns.length === 1 ? 'turn' : `turn ${i + 1} of ${turns.length}`,
    timeline: timelineOf(records),
  }));
  const drawn = nth === undefined ? chosen : chosen.slice(nth - 1, nth);
  if (malformed > 0) process.stderr.write(`${EXECUTABLE} timeline: ${lines(malformed)} of ${file} are left out: they are no records\n`);
  if (values.svg === undefined) {
    const paint = paintFor(process.stdout, process.env);
    const texts = drawn.map(({ name, timeline: each }) => drawTerminal(each, { width, name, paint }).join('\n'));
    return void process.stdout.write(`${texts.join('\n\n\n')}\n`);
  }
  const picture = drawSvg(drawn);
  if (values.svg === '-') return void process.stdout.write(picture);
  if (isSame(file, values.svg)) throw new Refusal(`--svg ${values.svg} is the record itself; name another file`);
  write(values.svg, picture);
  process.stdout.write(`${values.svg}: ${drawn.length} ${drawn.length === 1 ? 'turn' : 'turns'}\n`);
};

const whole = (name: string, text: string, least: number, most: number): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Refusal(`${name} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`);
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read the record: ${reasonOf(error)}`);
  }
};

const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Refusal(`cannot write the picture: ${reasonOf(error)}`);
  }
};

/** Whether two names are of one file: writing the picture there would lose the record. */
const isSame = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((name) => statSync(name, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
};
