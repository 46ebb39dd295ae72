import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { type RunningTools, trackTools } from '../../src/turn/running-tools.js';

const signals: Readonly<Record<string, CodexSignal>> = {
  s: { type: 'item.started', item: { type: 'command_execution' } },
  e: { type: 'item.completed', item: { type: 'command_execution' } },
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
  x: { type: 'error', message: 'Reconnecting... 1/5' },
};

/** The number of running tools after each signal. */
const running = (line: string): string => {
  const tools: RunningTools = { running: 0, calling: false, live: false };
  return Array.from(line, (letter) => {
    const signal = signals[letter];
    if (signal !== undefined) trackTools(tools, signal);
    return tools.running;
  }).join('');
};

describe('trackTools', () => {
  it.each([
    ['counts the tools that start and end', 'sses', '1212'],
    ['counts every kind of tool', 'sfmwc', '12345'],
    ['counts no plan', 'pspq', '0111'],
    ['never counts below 0', 'ees', '001'],
    ['ends every tool at a message', 'ssa', '120'],
    ['ends every tool at a reasoning item', 'ssr', '120'],
    ['keeps the tools at a retry', 'ssx', '122'],
  ])('%s', (_what, line, counts) => {
    expect(running(line)).toBe(counts);
  });

  it.each([
    ['keeps the tools at a text of the response that called them', 'tssat', '01222'],
    ['ends every tool at a text of the next response', 'tsot', '0110'],
    ['ends every tool at a message of the next response', 'tsoa', '0110'],
    ['keeps a tool that starts after the response was over', 'tosta', '00111'],
    ['keeps the other tools when one ends', 'tsset', '01211'],
  ])('%s, on a transport that emits pieces', (_what, line, counts) => {
    expect(running(line)).toBe(counts);
  });
});
