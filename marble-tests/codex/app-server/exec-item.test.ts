import { describe, expect, it } from 'vitest';
import { execItem } from '../../../src/codex/app-server/exec-item.js';
import { notificationOf } from '../../../src/codex/app-server/notification.js';

/** The printed item of a notification. */
const read = (item: object) => {
  const notification = notificationOf({
    method: 'item/completed',
    params: { threadId: 'T', turnId: 'U', item },
  });
  if (notification?.method !== 'item/completed') throw new Error('it is ignored');
  return execItem(notification.params.item);
};
const add = { path: '/w/new.txt', kind: { type: 'add' }, diff: 'hello\n' };

describe('execItem', () => {
  // Items of codex 0.135.0, 0.150.1 and 0.169.0, without the fields that are not read.
  it.each<[object, object]>([
    [
      {
        type: 'commandExecution',
        id: 'call_1',
        command: "/bin/bash -lc 'exit 3'",
        processId: '9',
        status: 'failed',
        aggregatedOutput: 'no\n',
        exitCode: 3,
      },
      {
        type: 'command_execution',
        id: 'call_1',
        command: "/bin/bash -lc 'exit 3'",
        exit_code: 3,
        status: 'failed',
      },
    ],
    [
      {
        type: 'commandExecution',
        id: 'call_1',
        command: 'ls',
        status: 'inProgress',
        aggregatedOutput: null,
        exitCode: null,
      },
      {
        type: 'command_execution',
        id: 'call_1',
        command: 'ls',
        exit_code: null,
        status: 'in_progress',
      },
    ],
    [
      { type: 'fileChange', id: 'call_2', changes: [add], status: 'completed' },
      {
        type: 'file_change',
        id: 'call_2',
        changes: [{ path: '/w/new.txt', kind: 'add' }],
        status: 'completed',
      },
    ],
    [
      {
        type: 'mcpToolCall',
        id: 'call_3',
        server: 'lab',
        tool: 'echo',
        status: 'completed',
        arguments: {},
        result: { content: [] },
        error: null,
      },
      { type: 'mcp_tool_call', id: 'call_3', server: 'lab', tool: 'echo', status: 'completed' },
    ],
    [
      {
        type: 'dynamicToolCall',
        id: 'call_4',
        namespace: null,
        tool: 'look',
        arguments: {},
        status: 'failed',
        success: false,
      },
      { type: 'mcp_tool_call', id: 'call_4', server: null, tool: 'look', status: 'failed' },
    ],
    [
      {
        type: 'collabAgentToolCall',
        id: 'call_5',
        tool: 'spawnAgent',
        status: 'completed',
        receiverThreadIds: [],
      },
      { type: 'collab_tool_call', id: 'call_5', tool: 'spawn_agent', status: 'completed' },
    ],
    [
      { type: 'webSearch', id: 'ws_1', query: 'weather in Paris', action: null },
      { type: 'web_search', id: 'ws_1', query: 'weather in Paris' },
    ],
    [
      { type: 'agentMessage', id: 'msg_1', text: 'Hello', phase: null },
      { type: 'agent_message', id: 'msg_1', text: '', streamed: 'Hello' },
    ],
    [
      { type: 'reasoning', id: 'rs_1', summary: ['a', 'b'], content: [] },
      { type: 'reasoning', id: 'rs_1', text: '', streamed: 'a\nb' },
    ],
  ])('prints %o', (item, printed) => {
    expect(read(item)).toEqual(printed);
  });

  it.each(['userMessage', 'contextCompaction', 'imageView', 'later', 'constructor'])(
    'does not print an item of type %s',
    (type) => {
      expect(read({ type, id: 'i' })).toBeUndefined();
    },
  );

  it('prints an item whose fields have other types', () => {
    const odd = {
      id: 'i',
      command: 7,
      exitCode: '3',
      changes: [{ path: 1 }],
      server: [],
      tool: null,
      query: {},
      status: 5,
    };
    for (const type of [
      'commandExecution',
      'fileChange',
      'mcpToolCall',
      'dynamicToolCall',
      'collabAgentToolCall',
      'webSearch',
    ])
      expect(read({ ...odd, type })).toMatchObject({ id: 'i' });
    expect(read({ ...odd, type: 'fileChange' })).toMatchObject({ changes: [] });
  });
});
