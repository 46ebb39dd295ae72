import { describe, expect, it } from 'vitest';
import {
  Call,
  failedCall,
  Output,
  ResponseItem,
  TokenCount,
  UsageRecord,
} from '../../../src/codex/rollout/rollout-record.js';

const event = (payload: unknown): unknown => ({
  timestamp: '2026-11-20T23:43:54.034Z',
  ordinal: 3,
  type: 'event_msg',
  payload,
});
const completed = (item: unknown): unknown =>
  event({ type: 'item_completed', thread_id: 'T1', item });
const mcp = (result: unknown): unknown =>
  event({
    type: 'mcp_tool_call_end',
    call_id: 'call_a',
    invocation: { server: 'lab', tool: 'fail' },
    result,
  });

describe('failedCall', () => {
  it.each([
    [
      'an item that failed',
      completed({ type: 'CommandExecution', id: 'call_a', status: 'failed', exit_code: 3 }),
    ],
    [
      'an item that was declined',
      completed({ type: 'McpToolCall', id: 'call_a', status: 'declined' }),
    ],
    [
      'an MCP tool that says so',
      mcp({ Ok: { content: [{ type: 'text', text: 'no' }], isError: true } }),
    ],
    ['an MCP call that failed', mcp({ Err: 'user cancelled MCP tool call' })],
    [
      'a patch',
      event({ type: 'patch_apply_end', call_id: 'call_a', success: false, stderr: 'no' }),
    ],
  ])('is the id of %s', (_, record) => {
    expect(failedCall(record)).toBe('call_a');
  });

  it.each([
    [
      'an item that is completed',
      completed({ type: 'CommandExecution', id: 'call_a', status: 'completed' }),
    ],
    ['an item without a status', completed({ type: 'AgentMessage', id: 'msg_1' })],
    ['an item without an id', completed({ type: 'CommandExecution', status: 'failed' })],
    [
      'an item that has only started',
      event({ type: 'item_started', item: { id: 'call_a', status: 'failed' } }),
    ],
    ['an MCP tool without an error', mcp({ Ok: { content: [], isError: false } })],
    ['an MCP tool that does not say whether it failed', mcp({ Ok: { content: [] } })],
    ['an MCP call without a result', mcp(undefined)],
    [
      'a patch that succeeded',
      event({ type: 'patch_apply_end', call_id: 'call_a', success: true }),
    ],
    ['another event', event({ type: 'token_count', info: null })],
    [
      'another record',
      {
        type: 'response_item',
        payload: { type: 'item_completed', item: { id: 'call_a', status: 'failed' } },
      },
    ],
    ['null', null],
    ['a text', 'call_a'],
    ['an array', [completed({ id: 'call_a', status: 'failed' })]],
  ])('is undefined for %s', (_, record) => {
    expect(failedCall(record)).toBeUndefined();
  });
});

describe('the codecs of rollout records', () => {
  it.each([
    ['a function call', { type: 'function_call', call_id: 'a', name: 'n', arguments: '{}' }, true],
    [
      'a function call with a namespace',
      { type: 'function_call', call_id: 'a', name: 'n', arguments: '{}', namespace: 'mcp__lab' },
      true,
    ],
    [
      'a function call with a null namespace',
      { type: 'function_call', call_id: 'a', name: 'n', arguments: '{}', namespace: null },
      true,
    ],
    ['a custom tool call', { type: 'custom_tool_call', call_id: 'a', name: 'n', input: '' }, true],
    ['a local shell call', { type: 'local_shell_call', call_id: 'a', action: {} }, true],
    ['a function call without an id', { type: 'function_call', name: 'n', arguments: '{}' }, false],
    [
      'a function call whose arguments are an object',
      { type: 'function_call', call_id: 'a', name: 'n', arguments: {} },
      false,
    ],
    [
      'a local shell call without an id',
      { type: 'local_shell_call', call_id: null, action: {} },
      false,
    ],
    ['a web search', { type: 'web_search_call', id: 'ws_1', action: {} }, false],
  ])('Call decides whether %s is a call', (_, item, isCall) => {
    expect(Call.is(item)).toBe(isCall);
  });

  it('Output accepts outputs of any form that have a call id', () => {
    expect(Output.is({ type: 'function_call_output', call_id: 'a', output: 'x' })).toBe(true);
    expect(Output.is({ type: 'custom_tool_call_output', call_id: 'a', output: [] })).toBe(true);
    expect(Output.is({ type: 'function_call_output', output: 'x' })).toBe(false);
    expect(Output.is({ type: 'tool_search_output', call_id: 'a', output: 'x' })).toBe(false);
  });

  it('UsageRecord and TokenCount require their counters', () => {
    expect(
      UsageRecord.is({ type: 'token_usage_record', payload: { thread_id: 'T1', usage: {} } }),
    ).toBe(true);
    expect(UsageRecord.is({ type: 'token_usage_record', payload: { usage: {} } })).toBe(false);
    expect(TokenCount.is(event({ type: 'token_count', info: { total_token_usage: {} } }))).toBe(
      true,
    );
    expect(TokenCount.is(event({ type: 'token_count', info: null }))).toBe(false);
    expect(TokenCount.is(event({ type: 'token_count' }))).toBe(false);
  });

  it('ResponseItem requires a payload with a type', () => {
    expect(ResponseItem.is({ type: 'response_item', payload: { type: 'message' } })).toBe(true);
    expect(ResponseItem.is({ type: 'response_item', payload: {} })).toBe(false);
    expect(ResponseItem.is(event({ type: 'message' }))).toBe(false);
  });
});
