import * as t from 'io-ts';
import { parseLine } from '../lines/parse-json.js';
import { Ms } from './turn-record.js';

const Head = t.type({ wire: t.literal(1), at: t.string, version: t.string });

/** A line of the host, or of the plugin: `frame`, or the beginning of what is no frame. */
const WireEntry = t.intersection([
  t.type({ ms: Ms, from: t.union([t.literal('host'), t.literal('plugin')]) }),
  t.partial({ frame: t.unknown, line: t.string }),
]);
export type WireEntry = t.TypeOf<typeof WireEntry>;

const Dropped = t.type({ ms: Ms, dropped: t.Int });
const Stopped = t.type({ stopped: t.type({ bytes: t.number }) });

/** The life of one plugin in a log of the wire. */
export interface WireRun {
  /** Empty, as `version`, where the beginning of the log is missing. */
  readonly at: string;
  readonly version: string;
  readonly entries: readonly WireEntry[];
  /** Lines that the disk was too slow for. */
  readonly dropped: number;
}

export interface WireRuns {
  readonly runs: readonly WireRun[];
  /** The number of lines of another form, without empty lines. */
  readonly malformed: number;
}

/** Whether a text is a log of the wire, as far as it is whole. */
export const isWireLog = (text: string): boolean =>
  /^\{"(?:wire":1,|ms":\d+(?:\.\d+)?,"from":")/m.test(text);

/** Reads a log of the wire; see `createWireLog`. A line of another form is counted and skipped. */
export const readWireLog = (text: string): WireRuns => {
  const runs: { at: string; version: string; entries: WireEntry[]; dropped: number }[] = [];
  const begin = (at: string, version: string) => {
    const run = { at, version, entries: [], dropped: 0 };
    runs.push(run);
    return run;
  };
  const current = () => runs.at(-1) ?? begin('', '');
  let malformed = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const read = parseLine(line);
    const value = read.type === 'json' ? read.value : undefined;
    if (Head.is(value)) begin(value.at, value.version);
    else if (WireEntry.is(value)) current().entries.push(value);
    else if (Dropped.is(value)) current().dropped += value.dropped;
    else if (!Stopped.is(value)) malformed += 1;
  }
  return { runs, malformed };
};
