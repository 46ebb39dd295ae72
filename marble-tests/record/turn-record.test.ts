import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/canonical/notice.js';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { recordLine } from '../../src/record/record-notices.js';
import { readRecords } from '../../src/record/turn-record.js';

const usage = {
  input_tokens: 1,
  cached_input_tokens: 0,
  output_tokens: 1,
  reasoning_output_tokens: 0,
};
const events: readonly TurnEvent[] = [
  { type: 'message_start', model: 'codex', thread_id: 'th' },
  { type: 'thinking_delta', text: 'hm' },
  { type: 'text_delta', text: 'hello' },
  { type: 'tool_call_start', id: 'c', name: 'look_up', namespace: 'n' },
  { type: 'tool_call_delta', id: 'c', arguments: '{}' },
  { type: 'tool_call_end', id: 'c' },
  { type: 'tool_result', id: 'c', output: 'x', is_error: false },
  { type: 'error', kind: 'timeout', message: 'no', retryable: true, usage },
  { type: 'message_end', stop_reason: 'cancelled', usage, thread_id: '' },
];
const told: readonly Notice[] = [
  { wait: { ahead: 2 } },
  { transport: 'exec' },
  { raw: { type: 'turn.started' } },
  { malformed: { reason: 'not JSON', sample: 'x' } },
  { exited: { code: 0, signal: null } },
  { exited: { code: null, signal: 'SIGINT' } },
  { call: { id: 1, tool: 'look_up' } },
  { returned: { id: 1, is_error: true } },
  ...events.map((event) => ({ event })),
];
const turn = {
  version: 1,
  at: '2026-11-21T08:00:00.000Z',
  agent_id: 'a',
  model: 'codex',
  workspace: '/w',
  transport: 'exec',
  text: 'hello',
};
const line = (ms: number, what: object): string => recordLine(ms, what) ?? '';

describe('readRecords', () => {
  it('parses every kind of line that is written', () => {
    const lines = [{ turn }, ...told, { dropped: { lines: 3 } }];
    const text = lines.map((what, i) => line(i, what)).join('');
    expect(readRecords(text + text)).toEqual({
      turns: [
        lines.map((what, i) => ({ ms: i, ...what })),
        lines.map((what, i) => ({ ms: i, ...what })),
      ],
      malformed: 0,
    });
  });

  it('counts malformed lines and parses the others', () => {
    const text = `${line(0, { turn })}noise\n{}\n\n5\n{"ms":1,"wait":{}}\n{"ms":"1","raw":{}}\n${line(2, { raw: {} })}{"ms":3,"exi`;
    expect(readRecords(text)).toEqual({
      turns: [
        [
          { ms: 0, turn },
          { ms: 2, raw: {} },
        ],
      ],
      malformed: 6,
    });
  });

  it('returns no turns for an empty file', () => {
    expect(readRecords('')).toEqual({ turns: [], malformed: 0 });
  });
});
