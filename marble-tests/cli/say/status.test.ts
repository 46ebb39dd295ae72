import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../src/canonical/notice.js';
import { startStatus, statusAfter, statusText } from '../../../src/cli/say/status.js';

const after = (...told: readonly Notice[]): string =>
  statusText(told.reduce(statusAfter, startStatus));
const item = (stage: string, id: string, fields: object): Notice => ({
  raw: { type: `item.${stage}`, item: { id, ...fields } },
});
const command = (line: string) => ({ type: 'command_execution', command: line });

describe('statusAfter', () => {
  it.each<[string, Notice[]]>([
    ['starting codex', []],
    ['waiting for 1 other turn', [{ wait: { ahead: 1 } }]],
    ['waiting for 3 other turns', [{ wait: { ahead: 3 } }]],
    [
      'starting codex',
      [{ wait: { ahead: 1 } }, { event: { type: 'message_start', model: 'codex' } }],
    ],
    ['thinking', [{ raw: { type: 'turn.started' } }]],
    ['Reconnecting... 1/5', [{ raw: { type: 'error', message: 'Reconnecting...\n1/5' } }]],
    [
      'thinking',
      [
        { raw: { type: 'error', message: 'Reconnecting... 1/5' } },
        item('completed', 'i', { type: 'reasoning', text: 'hm' }),
      ],
    ],
    ['running npm test', [item('started', 'i', command("/bin/bash -lc 'npm test'"))]],
    ['running ls', [item('started', 'i', command('/bin/sh -c ls'))]],
    ['running python x.py', [item('started', 'i', command('python x.py'))]],
    [
      'calling lab.echo',
      [item('started', 'i', { type: 'mcp_tool_call', server: 'lab', tool: 'echo' })],
    ],
    ['searching weather', [item('started', 'i', { type: 'web_search', query: 'weather' })]],
    ['changing files', [item('started', 'i', { type: 'file_change', changes: [] })]],
    [
      'changing one.ts, two.ts',
      [
        item('started', 'i', {
          type: 'file_change',
          changes: [{ path: '/w/src/one.ts' }, { path: '/w/two.ts' }],
        }),
      ],
    ],
    [
      'calling look_up',
      [item('started', 'i', { type: 'mcp_tool_call', server: 'plexum-host-a', tool: 'look_up' })],
    ],
    ['thinking', [item('started', 'i', { type: 'todo_list' })]],
    ['running b', [item('started', 'i', command('a')), item('started', 'j', command('b'))]],
    [
      'running a',
      [
        item('started', 'i', command('a')),
        item('started', 'j', command('b')),
        item('completed', 'j', command('b')),
      ],
    ],
    ['thinking', [item('started', 'i', command('a')), item('completed', 'i', command('a'))]],
    ['calling look_up', [{ call: { id: 1, tool: 'look_up' } }]],
    [
      'starting codex',
      [{ call: { id: 1, tool: 'look_up' } }, { returned: { id: 1, is_error: false } }],
    ],
    ['finishing', [item('started', 'i', command('a')), { exited: { code: 0, signal: null } }]],
    [
      'starting codex',
      [
        { malformed: { reason: 'not JSON', sample: '' } },
        { raw: 5 },
        { raw: null },
        { event: { type: 'text_delta', text: '' } },
      ],
    ],
  ])('shows %j', (words, told) => {
    expect(after(...told)).toBe(words);
  });
});
