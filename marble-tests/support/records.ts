import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Timeline } from '../../src/cli/timeline/model.js';
import { timelineOf } from '../../src/cli/timeline/timeline-of.js';
import { readRecords, type TurnRecord } from '../../src/record/turn-record.js';

const usage = {
  input_tokens: 12_345,
  cached_input_tokens: 8_000,
  output_tokens: 420,
  reasoning_output_tokens: 128,
};

/** The first line of a record: the request of the turn. */
export const begins = (text: string): TurnRecord => ({
  ms: 0,
  turn: {
    version: 1,
    at: '2026-11-21T08:00:00.000Z',
    agent_id: 'ada',
    model: 'codex',
    workspace: '/w',
    transport: 'exec',
    text,
  },
});
/** A line of codex. */
export const raw = (ms: number, type: string, more: object = {}): TurnRecord => ({
  ms,
  raw: { type, ...more },
});
/** An item event of codex. */
export const item = (
  ms: number,
  stage: 'started' | 'completed',
  id: string,
  type: string,
  more: object = {},
): TurnRecord => raw(ms, `item.${stage}`, { item: { id, type, ...more } });
/** A command from its start to its end. */
export const command = (
  id: string,
  line: string,
  from: number,
  to: number,
  status = 'completed',
): readonly TurnRecord[] => [
  item(from, 'started', id, 'command_execution', {
    command: `/bin/bash -lc '${line}'`,
    status: 'in_progress',
  }),
  item(to, 'completed', id, 'command_execution', { command: `/bin/bash -lc '${line}'`, status }),
];
/** `message_start`; the events below are those of the host, too. */
export const started = (ms: number): TurnRecord => ({
  ms,
  event: { type: 'message_start', model: 'codex' },
});
export const said = (ms: number, text: string): TurnRecord => ({
  ms,
  event: { type: 'text_delta', text },
});
export const thought = (ms: number, text: string): TurnRecord => ({
  ms,
  event: { type: 'thinking_delta', text },
});
/** The exit of codex. */
export const exited = (ms: number, code = 0): TurnRecord => ({
  ms,
  exited: { code, signal: null },
});
export const ended = (ms: number, stop_reason = 'end_turn'): TurnRecord => ({
  ms,
  event: { type: 'message_end', stop_reason, usage, thread_id: 't' },
});
export const failed = (ms: number, kind: string, message: string): TurnRecord => ({
  ms,
  event: { type: 'error', kind, message, retryable: true },
});
/** A tool call of the host, from its request to its result. */
export const called = (
  id: number,
  tool: string,
  from: number,
  to: number,
): readonly TurnRecord[] => [
  { ms: from, call: { id, tool } },
  { ms: to, returned: { id, is_error: false } },
];

const recordsFolder = new URL('../fixtures/records/', import.meta.url);
/** The text of a recorded file. */
export const recordFile = (name: string): string =>
  readFileSync(new URL(name, recordsFolder), 'utf8');
/** The first turn of a recorded file. */
export const recordedTurn = (name: string): Timeline =>
  timelineOf(readRecords(recordFile(name)).turns[0] ?? []);

const anyMs = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.nat(8_000_000),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '</svg><script>',
    '名前がとても長い',
    '👩‍👩‍👧',
    '\u001B[31m',
    ']]>',
    'a&b"c\'',
    '\uFFFE',
  ),
);
const anyId = fc.nat(8).map(String);
const anyRecord: fc.Arbitrary<TurnRecord> = fc.oneof(
  fc.tuple(anyMs, anyText).map(([ms, type]) => raw(ms, type)),
  fc
    .tuple(
      anyMs,
      fc.constantFrom('started', 'completed'),
      anyId,
      fc.constantFrom('command_execution', 'agent_message', 'reasoning', 'mcp_tool_call', 'new'),
      anyText,
    )
    .map(([ms, stage, id, type, text]) =>
      item(ms, stage, id, type, { command: text, text, tool: text, server: text }),
    ),
  fc.tuple(anyMs, anyText).map(([ms, text]) => said(ms, text)),
  fc.tuple(anyMs, anyText).map(([ms, tool]): TurnRecord => ({ ms, call: { id: 1, tool } })),
  anyMs.map((ms): TurnRecord => ({ ms, returned: { id: 1, is_error: true } })),
  anyMs.map((ms): TurnRecord => ({ ms, wait: { ahead: 3 } })),
  fc.tuple(anyMs, anyText).map(([ms, transport]): TurnRecord => ({ ms, transport })),
  fc
    .tuple(anyMs, anyText)
    .map(([ms, sample]): TurnRecord => ({ ms, malformed: { reason: 'not JSON', sample } })),
  fc.tuple(anyMs, anyText, anyText).map(([ms, kind, message]) => failed(ms, kind, message)),
  anyMs.map(started),
  anyMs.map((ms) => exited(ms)),
  anyMs.map((ms) => ended(ms)),
);
/** Any timeline: records in any order, with any texts and times. */
export const anyTimeline: fc.Arbitrary<Timeline> = fc
  .tuple(anyText, fc.array(anyRecord, { maxLength: 80 }))
  .map(([text, records]) => timelineOf([begins(text), ...records]));
