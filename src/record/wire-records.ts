import * as t from 'io-ts';
import { parseLine } from '../lines/parse-json.js';

const Head = t.type({ wire: t.literal(1), at: t.string, version: t.string });

/** A line of the host, or of the plugin: `frame`, or the beginning of what is no frame. */
const WireEntry = t.intersection([
  t.type({ ms: t.number, from: t.union([t.literal('host'), t.literal('plugin')]) }),
  t.partial({ frame: t.unknown, line: t.string }),
]);
export type WireEntry = t.TypeOf<typeof WireEntry>;

const Dropped = t.type({ dropped: t.number });

/** The life of one plugin in a log of the wire. */
export interface WireRun {
  readonly at: string;
  readonly version: string;
  readonly entries: readonly WireEntry[];
  /** Lines that the disk was too slow for. */
  readonly dropped: number;
}

/** Whether a text is a log of the wire: its first line says so. */
export const isWireLog = (text: string): boolean => {
  const first = parseLine(text.slice(0, Math.max(0, text.indexOf('\n'))));
  return first.type === 'json' && Head.is(first.value);
};

/** Reads a log of the wire; see `createWireLog`. A line of another form is skipped. */
export const readWireLog = (text: string): readonly WireRun[] => {
  const runs: { at: string; version: string; entries: WireEntry[]; dropped: number }[] = [];
  for (const line of text.split('\n')) {
    const read = parseLine(line);
    if (read.type !== 'json') continue;
    const last = runs.at(-1);
    if (Head.is(read.value))
      runs.push({ at: read.value.at, version: read.value.version, entries: [], dropped: 0 });
    else if (WireEntry.is(read.value)) last?.entries.push(read.value);
    else if (Dropped.is(read.value) && last !== undefined) last.dropped += read.value.dropped;
  }
  return runs;
};
