import path from 'node:path';
import { EXECUTABLE } from '../../plexum/methods.js';
import { readInterruptibly } from '../../process/exit-signals.js';
import { readRecords } from '../../record/turn-record.js';
import { isWireLog, readWireLog } from '../../record/wire-records.js';
import { reasonOf } from '../../text/explain.js';
import { printable, printableLine } from '../../text/printable.js';
import type { NamedTimeline } from './svg.js';
import { timelineOf } from './timeline-of.js';
import { wireTimeline } from './wire-timeline.js';
import { lines } from './words.js';

/** Arguments or files that cannot be drawn; the message is for the user. */
export class Refusal extends Error {}

/** An argument that no file can make right. */
export class Misuse extends Refusal {}

/** The turns of a record with their names, or only the requested one. */
export const turnsOf = (
  file: string,
  asked: string | undefined,
  isOneOfSome: boolean,
): readonly NamedTimeline[] => {
  const text = read(file);
  if (isWireLog(text)) return wireOf(text, file, asked);
  const { turns, malformed } = readRecords(text);
  if (turns.length === 0)
    throw new Refusal(
      `${file} has no record of a turn${malformed === 0 ? '' : ` (${lines(malformed)} are none)`}`,
    );
  const nth = asked === undefined ? undefined : whole('--turn', asked, 1, turns.length);
  sayLeftOut(file, malformed);
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

const sayLeftOut = (file: string, malformed: number): void => {
  if (malformed > 0)
    process.stderr.write(
      printable(
        `${EXECUTABLE} timeline: ${lines(malformed)} of ${file} are left out: they are no records\n`,
      ),
    );
};

/** The runs of the plugin in a log of the wire. */
const wireOf = (
  text: string,
  file: string,
  asked: string | undefined,
): readonly NamedTimeline[] => {
  const { runs, malformed } = readWireLog(text);
  const named = runs.map((run, i) => ({
    name: [path.basename(file), ...(runs.length === 1 ? [] : [`run ${i + 1} of ${runs.length}`])]
      .map(printableLine)
      .join(', '),
    timeline: wireTimeline(run),
  }));
  const nth = asked === undefined ? undefined : whole('--turn', asked, 1, runs.length);
  sayLeftOut(file, malformed);
  if (nth === undefined) return named;
  return named.slice(nth - 1, nth);
};

/** A whole number of the arguments. Throws `Misuse`. */
export const whole = (name: string, text: string, least: number, most: number): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Misuse(
    `${name} takes a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
  );
};

const read = (file: string): string => {
  try {
    return readInterruptibly(file);
  } catch (error) {
    throw new Refusal(`cannot read the record: ${reasonOf(error)}`);
  }
};
