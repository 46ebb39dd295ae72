import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defer, of } from 'rxjs';
import { EXECUTABLE } from '../../plexum/methods.js';
import { readRecords } from '../../record/turn-record.js';
import { reasonOf } from '../../text/explain.js';
import { printable, printableLine } from '../../text/printable.js';
import type { Command } from '../command.js';
import { paintFor } from './paint.js';
import { drawSvg, type NamedTimeline } from './svg.js';
import { drawTerminal, frameOf } from './terminal.js';
import { timelineOf } from './timeline-of.js';
import { lines } from './words.js';

const USAGE = `Usage: ${EXECUTABLE} timeline FILE... [--turn N] [--width COLUMNS] [--svg OUT]

Draws the turns of a record as marbles, or as a picture. The turns of several records share one time axis.

  --turn N         only the Nth turn of each file
  --width COLUMNS  columns of the drawing, 40 to 1000 (default: the width of the terminal, else 80)
  --svg OUT        write an SVG picture to OUT instead; - is stdout
  -h, --help       print this
`;

/** Arguments or files that cannot be drawn; the message is for the user. */
class Refusal extends Error {}

/**
 * `timeline`: draws records. Emits 0 after a drawing or the help, 1 after an error, whose reason is
 * on stderr; then completes.
 */
export const timeline: Command = (args) =>
  defer(() => {
    process.stdout.on('error', onWriteError);
    try {
      run(args);
      return of(0);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      process.stderr.write(printable(`${EXECUTABLE} timeline: ${error.message}\n`));
      return of(1);
    }
  });

/** Ignores EPIPE: the reader has closed the pipe. */
const onWriteError = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`${EXECUTABLE} timeline: cannot write: ${error.message}\n`);
  process.exitCode = 1;
};

const run = (args: readonly string[]): void => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      svg: { type: 'string' },
      turn: { type: 'string' },
      width: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return void process.stdout.write(USAGE);
  if (positionals.length === 0) throw new Refusal('it takes a FILE, got none; see --help');
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

/** The turns of a record with their names, or only the requested one. */
const turnsOf = (
  file: string,
  asked: string | undefined,
  isOneOfSome: boolean,
): readonly NamedTimeline[] => {
  const { turns, malformed } = readRecords(read(file));
  if (turns.length === 0)
    throw new Refusal(
      `${file} has no record of a turn${malformed === 0 ? '' : ` (${lines(malformed)} are none)`}`,
    );
  const nth = asked === undefined ? undefined : whole('--turn', asked, 1, turns.length);
  if (malformed > 0)
    process.stderr.write(
      printable(
        `${EXECUTABLE} timeline: ${lines(malformed)} of ${file} are left out: they are no records\n`,
      ),
    );
  const named = turns.map((records, i) => {
    const number = turns.length === 1 ? [] : [`turn ${i + 1} of ${turns.length}`];
    return {
      name:
        [...(isOneOfSome ? [printableLine(path.basename(file))] : []), ...number].join(', ') ||
        'turn',
      timeline: timelineOf(records),
    };
  });
  return nth === undefined ? named : named.slice(nth - 1, nth);
};

const whole = (name: string, text: string, least: number, most: number): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Refusal(
    `${name} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
  );
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

/** Whether two paths name one file: writing the picture there would destroy the record. */
const isSame = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((name) => statSync(name, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
};
