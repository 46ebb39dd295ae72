import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import {
  isToolRunning,
  NO_TOOLS,
  type RunningTools,
  trackCalls,
  trackTools,
} from '../../src/turn/running-tools.js';

/** An item as codex prints it, with its id. */
const command = (id: string) => ({ type: 'command_execution', id }) as const;

const signals: Readonly<Record<string, CodexSignal>> = {
  s: { type: 'item.started', item: { type: 'command_execution' } },
  e: { type: 'item.completed', item: { type: 'command_execution' } },
  '1': { type: 'item.started', item: command('item_1') },
  '2': { type: 'item.started', item: command('item_2') },
  A: { type: 'item.completed', item: command('item_1') },
  B: { type: 'item.completed', item: command('item_2') },
  f: { type: 'item.started', item: { type: 'file_change' } },
  m: { type: 'item.started', item: { type: 'mcp_tool_call' } },
  w: { type: 'item.started', item: { type: 'web_search' } },
  c: { type: 'item.started', item: { type: 'collab_tool_call' } },
  p: { type: 'item.started', item: { type: 'todo_list' } },
  q: { type: 'item.completed', item: { type: 'todo_list' } },
  a: { type: 'item.completed', item: { type: 'agent_message', text: 'hello' } },
  r: { type: 'item.completed', item: { type: 'reasoning', text: 'hm' } },
  t: { type: 'item.piece', item: 'agent_message', text: 'hi', first: true },
  o: { type: 'response.over' },
  v: { type: 'alive' },
  x: { type: 'error', message: 'Reconnecting... 1/5' },
};

/** The number of running tools after each signal. */
const running = (line: string, saysEveryEnd = true): string => {
  const tools: RunningTools = { ...NO_TOOLS };
  return Array.from(line, (letter) => {
    const signal = signals[letter];
    if (signal !== undefined) trackTools(tools, signal, saysEveryEnd);
    return tools.running.length;
  }).join('');
};

describe('trackTools', () => {
  it.each([
    ['counts the tools that start and end', 'sses', '1212'],
    ['counts every kind of tool', 'sfmwc', '12345'],
    ['counts no plan', 'pspq', '0111'],
    ['never counts below 0', 'ees', '001'],
    ['keeps a command at a message and at a reasoning item', 'ssar', '1222'],
    ['ends every other tool at a message', 'sfmwca', '123451'],
    ['keeps the tools at a retry and at a sign of life', 'ssxv', '1222'],
    ['ends the command whose end it is', '12aBrA', '122110'],
    ['keeps a command at the end of another one', '1aBA', '1110'],
    ['keeps a command at the end of one without an id', '1ae', '111'],
  ])('%s', (_what, line, counts) => {
    expect(running(line)).toBe(counts);
  });

  it.each([
    ['keeps the tools at a text of the response that called them', 'tmmat', '01222'],
    ['ends every tool but commands at a text of the next response', 'tmsot', '01221'],
    ['ends every tool but commands at a message of the next response', 'tmsoa', '01221'],
    ['keeps a tool that starts after the response was over', 'tomta', '00111'],
    ['keeps the other tools when one ends', 'tsset', '01211'],
  ])('%s, on a transport that emits pieces', (_what, line, counts) => {
    expect(running(line)).toBe(counts);
  });

  it.each([
    ['ends every command at a message', '12a', '120'],
    ['ends every command at a reasoning item', '1sr', '120'],
    ['keeps the commands at a text of the response that called them', 't1at', '0111'],
    ['keeps a command of the app-server at a text of the next response', 't1ot', '0111'],
  ])('%s, of a codex that loses the ends of commands', (_what, line, counts) => {
    expect(running(line, false)).toBe(counts);
  });
});

describe('trackCalls', () => {
  /** Whether a tool runs after signals, and then calls of the rollout that wait for an output. */
  const isRunning = (line: string, calls: readonly number[], saysEveryEnd = true): boolean => {
    const tools: RunningTools = { ...NO_TOOLS };
    for (const letter of line) {
      const signal = signals[letter];
      if (signal !== undefined) trackTools(tools, signal, saysEveryEnd);
    }
    for (const waiting of calls) trackCalls(tools, waiting, saysEveryEnd);
    return isToolRunning(tools);
  };

  it.each([
    ['runs a tool while a call has no output, although no item says so', 'a', [1], true, true],
    ['runs none once every call has its output', 'a', [2, 1, 0], true, false],
    ['keeps a command that runs on in the background', '1', [1, 0], true, true],
    [
      'ends a command whose end may be lost once every call has its output',
      '1',
      [1, 0],
      false,
      false,
    ],
    ['keeps the commands while another call has no output', '12', [2, 1], false, true],
    ['keeps a tool of another kind', 'm', [1, 0], false, true],
    ['keeps a command of the app-server', 't1', [1, 0], false, true],
  ])('%s', (_what, line, calls, saysEveryEnd, expected) => {
    expect(isRunning(line, calls, saysEveryEnd)).toBe(expected);
  });
});
