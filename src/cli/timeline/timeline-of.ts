import { codexLetters, turnEventLetters } from '../../marbles/alphabet.js';
import type { TurnRecord } from '../../record/turn-record.js';
import { bridgeSpans, canonicalLane, endOf, waitSpans } from './canonical-lane.js';
import { codexLane } from './codex-lane.js';
import type { Figure, Mark, Timeline, TimelineSpan } from './model.js';

const { text_delta, message_end, error } = turnEventLetters;
const { exited } = codexLetters;

/** The timeline of the records of one turn. */
export const timelineOf = (records: readonly TurnRecord[]): Timeline => {
  const first = records.find((record) => 'turn' in record);
  const { marks, tools } = codexLane(records);
  const canonical = canonicalLane(records);
  const waits = waitSpans(records);
  const { outcome, usage } = endOf(records);
  return {
    ...(first === undefined
      ? {}
      : { head: { ...first.turn, transport: transportOf(first.turn.transport, records) } }),
    endMs: records.reduce((last, { ms }) => Math.max(last, ms), 0),
    codex: marks,
    canonical,
    waits,
    tools,
    bridge: bridgeSpans(records),
    figures: figuresOf(marks, canonical, waits),
    ...(usage === undefined ? {} : { usage }),
    outcome,
    ...seededOf(records),
    malformed: records.filter((record) => 'malformed' in record).length,
    dropped: records.reduce(
      (sum, record) => sum + ('dropped' in record ? record.dropped.lines : 0),
      0,
    ),
  };
};

/** The transport that ran the turn: `exec instead of app-server` when it is not the planned one. */
const transportOf = (planned: string, records: readonly TurnRecord[]): string => {
  const last = records.findLast((record) => 'transport' in record);
  return last === undefined ? planned : `${last.transport} instead of ${planned}`;
};

const seededOf = (records: readonly TurnRecord[]): Pick<Timeline, 'seeded'> => {
  const last = records.findLast((record) => 'seeded' in record);
  return last === undefined ? {} : { seeded: last.seeded.messages };
};

const figuresOf = (
  codex: readonly Mark[],
  canonical: readonly Mark[],
  waits: readonly TimelineSpan[],
): readonly Figure[] => {
  const at = (name: string, mark: Mark | undefined): readonly Figure[] =>
    mark === undefined ? [] : [{ name, ms: mark.ms }];
  const waited = waits.flatMap(({ startMs, endMs }) =>
    endMs === undefined ? [] : [{ name: 'waited', ms: endMs - startMs }],
  );
  return [
    ...waited,
    ...at(
      'first event',
      codex.find(({ sign }) => sign !== exited && sign !== '?'),
    ),
    ...at(
      'first text',
      canonical.find(({ sign }) => sign === text_delta),
    ),
    ...at(
      'end',
      canonical.findLast(({ sign }) => sign === message_end || sign === error),
    ),
  ];
};
