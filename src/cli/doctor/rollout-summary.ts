import * as t from 'io-ts';
import { dataUrlProblem } from '../../codex/pictures.js';
import type { Parsed } from '../../lines/parse-json.js';

/**
 * Counts and ends of a rollout, updated per line. `torn`: lines that are no JSON. `pictures`: those
 * in its history that are none.
 */
export interface RolloutSummary {
  readonly lines: number;
  readonly torn: number;
  readonly pictures: number;
  readonly first?: unknown;
  readonly last?: unknown;
}

export const NO_LINES: RolloutSummary = { lines: 0, torn: 0, pictures: 0 };

/** The summary with one more line. */
export const addLine = (seen: RolloutSummary, line: Parsed): RolloutSummary => {
  const lines = seen.lines + 1;
  if (line.type === 'malformed') return { ...seen, lines, torn: seen.torn + 1 };
  const pictures = seen.pictures + brokenPictures(line.value);
  return {
    ...seen,
    lines,
    pictures,
    ...(lines === 1 ? { first: line.value } : {}),
    last: line.value,
  };
};

const Parts = t.array(t.unknown);
const WithPictures = t.type({
  type: t.literal('response_item'),
  payload: t.union([t.type({ content: Parts }), t.type({ output: Parts })]),
});
const Picture = t.type({ type: t.literal('input_image'), image_url: t.string });

/** The number of pictures in a record that are none by their first bytes. */
const brokenPictures = (record: unknown): number => {
  if (!WithPictures.is(record)) return 0;
  const { payload } = record;
  const parts = 'content' in payload ? payload.content : payload.output;
  return parts.filter((part) => Picture.is(part) && dataUrlProblem(part.image_url) !== undefined)
    .length;
};
