// The promises that every turn has to keep, whatever happened to it.
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** @typedef {import('../lib/host.mjs').Frame} Frame */

export class Violation extends Error {}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KINDS = new Set(
  `auth rate_limit usage_limit quota context_window model_unsupported invalid_request overloaded network stream_interrupted content_filtered
  prompt_too_large thread_busy thread_lost config binary mcp_startup timeout process_died internal`.split(
    /\s+/,
  ),
);
const isTerminal = (/** @type {Frame} */ { type }) => type === 'message_end' || type === 'error';

/** @param {boolean} is @param {string} what @param {unknown} [shown] */
export const must = (is, what, shown) => {
  if (!is)
    throw new Violation(
      shown === undefined ? what : `${what}: ${JSON.stringify(shown).slice(0, 2_000)}`,
    );
};

/**
 * How a turn ended: its stop reason or the kind of its error. @param {Frame | undefined} last
 * @returns {string}
 */
export const endingOf = (last) =>
  last?.['type'] === 'error'
    ? last['kind']
    : last?.['type'] === 'message_end'
      ? last['stop_reason']
      : 'none';

/**
 * The grammar of a turn's events. @param {readonly Frame[]} frames the params of its notifications
 * @param {{ isBroken: boolean }} options whether the plugin was killed in the turn: then it may
 * lack its end
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
 * The response counts the events and says how it ended. @param {Frame | undefined} response @param
 * {readonly Frame[]} frames
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

export const SESSION = '.plexum-codex-session';

/** What a plugin has left beside it that was killed while it wrote. @param {string} workspace */
const halvesIn = (workspace) =>
  namesIn(workspace).filter((name) => name.startsWith(SESSION) && name.endsWith('.tmp'));

/**
 * The thread of a workspace; nothing when it has none. @param {string} workspace @returns {string |
 * undefined}
 */
export const sessionOf = (workspace) => {
  try {
    const text = readFileSync(path.join(workspace, SESSION), 'utf8').trim();
    return UUID.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Removes what the next turn is not to blame for: halves of a plugin that was killed while it
 * wrote, and garbage that nobody could replace on a full disk. @param {string} workspace
 */
export const tidySession = (workspace) => {
  for (const name of [
    ...halvesIn(workspace),
    ...(sessionOf(workspace) === undefined ? [SESSION] : []),
  ])
    rmSync(path.join(workspace, name), { force: true });
};

/**
 * The session file is absent or holds a UUID, and there is no half of one beside it. @param
 * {string} workspace @param {{ mayBeTorn: boolean }} options
 */
export const checkSession = (workspace, { mayBeTorn }) => {
  const halves = halvesIn(workspace);
  must(mayBeTorn || halves.length === 0, 'a temporary session file was left', halves);
  if (!namesIn(workspace).includes(SESSION)) return;
  const file = path.join(workspace, SESSION);
  must(
    lstatSync(file).isFile() && sessionOf(workspace) !== undefined,
    'the session file is not whole',
    readFileSync(file, 'latin1').slice(0, 200),
  );
};

/** @param {string} dir @returns {string[]} */
const namesIn = (dir) => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

/**
 * Whether codex still has a thread, so that the next turn has to resume it: one with half a letter
 * in its file is lost, unless the plugin mends it. @param {string} codexHome @param {string}
 * threadId @returns {boolean}
 */
export const hasThread = (codexHome, threadId) => {
  const sessions = path.join(codexHome, 'sessions');
  try {
    const found = readdirSync(sessions, { recursive: true })
      .map(String)
      .find((name) => name.endsWith(`-${threadId}.jsonl`));
    const bytes = found === undefined ? Buffer.of() : readFileSync(path.join(sessions, found));
    return (
      isUtf8(bytes) &&
      JSON.parse(bytes.toString('utf8').split('\n')[0] ?? '').type === 'session_meta'
    );
  } catch {
    return false;
  }
};
