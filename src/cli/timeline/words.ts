import { printableLine } from '../../text/printable.js';
import type { Figure, Timeline, TimelineSpan } from './model.js';
import { timeText } from './time-text.js';

const number = (value: number): string => value.toLocaleString('en');

/** `completed, 940 ms`. */
export const outcomeText = ({ outcome, endMs }: Timeline): string => {
  const last = timeText(endMs);
  if (outcome.type === 'wire') return `the wire, ${last}`;
  return outcome.type === 'cut off'
    ? `cut off after ${last}: no terminal event`
    : `${outcome.type}, ${last}`;
};

/** Time, agent, model and transport of the turn, as far as the record has them. */
export const aboutParts = ({ head, wire, seeded }: Timeline): readonly string[] =>
  head === undefined
    ? (wire?.map(printableLine) ?? ['the record has lost the beginning of this turn'])
    : [
        printableLine(head.at).replace(/\.\d+Z$/, 'Z'),
        `agent ${printableLine(head.agent_id)}`,
        `model ${printableLine(head.model)}`,
        printableLine(head.transport),
        ...(seeded === undefined ? [] : [`begins with ${number(seeded)} earlier messages`]),
      ];

export const figureTexts = (figures: readonly Figure[]): readonly string[] =>
  figures.map(({ name, ms }) => `${name} ${timeText(ms)}`);

/** The tokens of the turn: `1,234 in (800 cached)`, `56 out (8 reasoning)`. */
export const tokenTexts = ({ usage }: Timeline): readonly string[] =>
  usage === undefined
    ? []
    : [
        `${number(usage.input_tokens)} in (${number(usage.cached_input_tokens)} cached)`,
        `${number(usage.output_tokens)} out (${number(usage.reasoning_output_tokens)} reasoning)`,
      ];

/** Duration and failure of a span. `lastMs` is the end of the record. */
export const spanText = ({ startMs, endMs, failed }: TimelineSpan, lastMs: number): string =>
  endMs === undefined
    ? `${timeText(lastMs - startMs)}, no end`
    : `${timeText(endMs - startMs)}${failed ? ', failed' : ''}`;

/** The faults of the record and of the output of codex. */
export const complaints = ({ malformed, dropped }: Timeline): readonly string[] => [
  ...(malformed === 0
    ? []
    : [
        `codex printed ${malformed === 1 ? 'a line that was' : `${lines(malformed)} that were`} no event (?)`,
      ]),
  ...(dropped === 0
    ? []
    : [`the record lacks ${lines(dropped)} that could not be written in time`]),
];

/** `1 line`, `2 lines`. */
export const lines = (count: number): string =>
  `${number(count)} ${count === 1 ? 'line' : 'lines'}`;

/** The `room` longest spans in the order of time, and a text that sums up the others. */
export const longest = (
  spans: readonly TimelineSpan[],
  room: number,
  endMs: number,
): { readonly shown: readonly TimelineSpan[]; readonly rest: string } => {
  const took = (span: TimelineSpan): number => (span.endMs ?? endMs) - span.startMs;
  const ranked = spans.toSorted((a, b) => took(b) - took(a));
  const kept = new Set(ranked.slice(0, room));
  const others = ranked.slice(room);
  const together = timeText(others.reduce((sum, span) => sum + took(span), 0));
  const rest =
    others.length === 0 ? '' : `${number(others.length)} shorter ones, together ${together}`;
  return { shown: spans.filter((span) => kept.has(span)), rest };
};

/** The names of the lanes. */
export const laneNames = ({ wire }: Timeline) =>
  wire === undefined
    ? ({ codex: 'codex', canonical: 'canonical', tools: 'tools', bridge: 'bridge' } as const)
    : ({ codex: 'host', canonical: 'plugin', tools: 'requests', bridge: 'calls' } as const);
