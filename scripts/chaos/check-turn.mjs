// Checks the events and the response of a turn. They must keep the wire's promises after every
// fault.

/** @typedef {import('../lib/host.mjs').Frame} Frame */

export class Violation extends Error {}

const KINDS = new Set(
  `auth rate_limit usage_limit quota context_window model_unsupported invalid_request overloaded network stream_interrupted content_filtered
  prompt_too_large thread_busy thread_lost config binary mcp_startup timeout process_died internal`.split(
    /\s+/,
  ),
);
const isTerminal = (/** @type {Frame} */ { type }) => type === 'message_end' || type === 'error';

/**
 * Throws a violation unless `is` holds. The message shows at most 2,000 characters of `shown`.
 * @param {boolean} is @param {string} what @param {unknown} [shown]
 */
export const must = (is, what, shown) => {
  if (!is)
    throw new Violation(
      shown === undefined ? what : `${what}: ${JSON.stringify(shown).slice(0, 2_000)}`,
    );
};

/**
 * The stop reason of a turn, the kind of its error, or `none` for a turn without a terminal event.
 * @param {Frame | undefined} last its last event
 * @returns {string}
 */
export const endingOf = (last) =>
  last?.['type'] === 'error'
    ? last['kind']
    : last?.['type'] === 'message_end'
      ? last['stop_reason']
      : 'none';

/**
 * Checks the grammar of a turn: `seq` without gaps, `message_start` first, exactly one terminal
 * event, last, and each tool call with its end and its result.
 * @param {readonly Frame[]} frames the params of its notifications
 * @param {{ isBroken: boolean }} options `isBroken`: the plugin was killed in the turn, so that the
 *   terminal event may be missing
 */
export const checkEvents = (frames, { isBroken }) => {
  const events = frames.map(({ event }) => event);
  const short = events.map((event) => JSON.stringify(event).slice(0, 120));
  must(
    frames.every(({ seq }, nth) => seq === nth),
    'seq has gaps',
    frames.map(({ seq }) => seq),
  );
  const ends = events.filter(isTerminal);
  must(ends.length <= 1, 'more than one terminal event', ends);
  must(isBroken || ends.length === 1, 'no terminal event', short);
  must(
    events.findIndex(isTerminal) === (ends.length === 0 ? -1 : events.length - 1),
    'something after the terminal event',
    short,
  );
  must(
    events.length === 0 || events[0]?.['type'] === 'message_start',
    'the first event is no message_start',
    short,
  );
  must(
    events.slice(1).every(({ type }) => type !== 'message_start'),
    'a second message_start',
    short,
  );
  for (const { type, kind, message, retryable } of ends)
    must(
      type !== 'error' || (KINDS.has(kind) && message !== '' && typeof retryable === 'boolean'),
      'an odd error',
      { kind, message, retryable },
    );
  if (ends.length === 0) return;
  const ids = (/** @type {string} */ type) =>
    events.flatMap((event) => (event['type'] === type ? [event['id']] : []));
  const started = ids('tool_call_start');
  must(new Set(started).size === started.length, 'a tool call that starts twice', started);
  for (const type of ['tool_call_end', 'tool_result'])
    must(
      String(ids(type).toSorted()) === String(started.toSorted()),
      `tool calls without their ${type}`,
      short,
    );
};

/**
 * Checks that the response has the number of events and the outcome of the turn.
 * @param {Frame | undefined} response @param {readonly Frame[]} frames
 */
export const checkResponse = (response, frames) => {
  const last = frames.at(-1)?.['event'];
  const outcome =
    last?.type === 'error'
      ? 'failed'
      : last?.stop_reason === 'cancelled'
        ? 'cancelled'
        : 'completed';
  const { result } = response ?? {};
  must(
    result?.outcome === outcome && result?.events === frames.length,
    `the response does not fit ${frames.length} events that end as ${outcome}`,
    response,
  );
};
