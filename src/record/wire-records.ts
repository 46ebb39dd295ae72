import * as t from 'io-ts';
import { parseLine } from '../lines/parse-json.js';
import { Ms } from './turn-record.js';

/**
 * Several plugins may write one file, so each line has the run that wrote it. Older logs have only
 * the process, which is the same in two containers.
 */
const Writer = t.partial({ run: t.string, pid: t.Int });
type Writer = t.TypeOf<typeof Writer>;

const Head = t.intersection([
  t.type({ wire: t.literal(1), at: t.string, version: t.string }),
  Writer,
]);

/** A line of the host, or of the plugin: `frame`, or the beginning of what is no frame. */
const WireEntry = t.intersection([
  t.type({ ms: Ms, from: t.union([t.literal('host'), t.literal('plugin')]) }),
  t.partial({ frame: t.unknown, line: t.string }),
  Writer,
]);
export type WireEntry = t.TypeOf<typeof WireEntry>;

const Dropped = t.intersection([t.type({ ms: Ms, dropped: t.Int }), Writer]);
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

interface OpenRun extends WireRun {
  readonly entries: WireEntry[];
  dropped: number;
}

/** Reads a log of the wire; see `createWireLog`. A line of another form is counted and skipped. */
export const readWireLog = (text: string): WireRuns => {
  const runs: OpenRun[] = [];
  /** The last run of each writer. */
  const byWriter = new Map<string | number | undefined, OpenRun>();
  const begin = ({ run: id, pid }: Writer, at = '', version = ''): OpenRun => {
    const run = { at, version, entries: [], dropped: 0 };
    runs.push(run);
    byWriter.set(id ?? pid, run);
    return run;
  };
  const runOf = (line: Writer): OpenRun => {
    const id = line.run ?? line.pid;
    return (id === undefined ? runs.at(-1) : byWriter.get(id)) ?? begin(line);
  };
  let malformed = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const read = parseLine(line);
    const value = read.type === 'json' ? read.value : undefined;
    if (Head.is(value)) begin(value, value.at, value.version);
    else if (WireEntry.is(value)) runOf(value).entries.push(value);
    else if (Dropped.is(value)) runOf(value).dropped += value.dropped;
    else if (!Stopped.is(value)) malformed += 1;
  }
  return { runs, malformed };
};
