import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../../src/cli/timeline/timeline-of.js';
import {
  begins,
  called,
  command,
  ended,
  exited,
  failed,
  item,
  raw,
  recordedTurn,
  said,
  started,
  thought,
} from '../../support/records.js';

const marks = (all: readonly { readonly ms: number; readonly sign: string }[]): string =>
  all.map(({ ms, sign }) => `${ms}${sign}`).join(' ');

describe('timelineOf', () => {
  it('reads a turn of codex 0.169.0 with commands and calls over the bridge', () => {
    const { codex, canonical, tools, bridge, outcome, usage } = recordedTurn('turn.jsonl');

    expect(codex.map(({ sign }) => sign).join('')).toBe('TSabccbdeefgghhiCx');
    expect(canonical.map(({ sign }) => sign).join('')).toBe('MhcdecdeootcdeohcdeocdeotE');
    expect(tools.map(({ sign, name, failed: bad }) => [sign, name, bad])).toEqual([
      ['b', './run-tests.sh', false],
      ['c', './lint.sh src', true],
      ['e', 'cat OWNERS', false],
    ]);
    expect(bridge.map(({ name, failed: bad }) => [name, bad])).toEqual([
      ['owner_of', false],
      ['send_message', false],
    ]);
    expect(outcome).toEqual({ type: 'completed' });
    expect(usage).toEqual({
      input_tokens: 500,
      cached_input_tokens: 200,
      output_tokens: 100,
      reasoning_output_tokens: 40,
    });
  });

  it('joins the deltas of a text in one mark, also with other events between them', () => {
    const { canonical } = timelineOf([
      begins('Hi'),
      started(1),
      item(2, 'started', 'r', 'reasoning'),
      thought(3, '**Hm'),
      thought(4, '**\nwhy'),
      item(5, 'completed', 'r', 'reasoning'),
      item(6, 'started', 'a', 'agent_message'),
      said(7, 'One '),
      ...command('c', 'true', 8, 9),
      said(10, 'word'),
      item(11, 'completed', 'a', 'agent_message'),
      item(12, 'started', 'b', 'agent_message'),
      said(13, '\n\nTwo'),
      item(14, 'completed', 'b', 'agent_message'),
      ended(15),
    ]);
    expect(canonical).toEqual([
      { ms: 1, sign: 'M', kind: 'life', meaning: 'message_start' },
      {
        ms: 3,
        sign: 'h',
        kind: 'reasoning',
        meaning: 'thinking_delta',
        firstLine: 'Hm',
        pieces: [3, 4],
      },
      {
        ms: 7,
        sign: 't',
        kind: 'message',
        meaning: 'text_delta',
        firstLine: 'One word',
        pieces: [7, 10],
      },
      { ms: 13, sign: 't', kind: 'message', meaning: 'text_delta', firstLine: 'Two' },
      { ms: 15, sign: 'E', kind: 'life', meaning: 'message_end end_turn' },
    ]);
  });

  it('names a message that the app-server started before its first word', () => {
    const { codex } = timelineOf([
      item(1, 'started', 'a', 'agent_message', { text: '', streamed: '' }),
      item(2, 'completed', 'a', 'agent_message', { text: '', streamed: 'Hello' }),
    ]);
    expect(codex.map(({ meaning }) => meaning)).toEqual(['message Hello', 'message Hello']);
  });

  it('reads the same timeline from either transport', () => {
    const [exec, served] = ['exec.jsonl', 'app-server.jsonl'].map(recordedTurn);
    const saidOf = (timeline: typeof exec) =>
      timeline?.canonical.flatMap(({ firstLine: words, pieces }) =>
        words === undefined ? [] : [[words, pieces?.length]],
      );
    const [thinking, first, last] = [
      'Running the tests',
      'I run the tests first.',
      exec?.canonical.findLast(({ sign }) => sign === 't')?.firstLine,
    ];
    expect(saidOf(exec)).toEqual([
      [thinking, undefined],
      [first, undefined],
      [last, undefined],
    ]);
    expect(saidOf(served)).toEqual([
      [thinking, undefined],
      [first, 8],
      [last, 36],
    ]);
    const shared = ({ head, outcome, usage, tools, codex }: NonNullable<typeof exec>) => ({
      text: head?.text,
      outcome,
      usage,
      tools: tools.map(({ name, failed: bad }) => [name, bad]),
      codex: [...new Set(codex.map(({ sign, meaning }) => `${sign} ${meaning}`))],
    });
    expect([exec, served].map((timeline) => timeline && shared(timeline))).toEqual(
      [exec, exec].map((timeline) => timeline && shared(timeline)),
    );
    expect([exec?.head?.transport, served?.head?.transport]).toEqual(['exec', 'app-server']);
  });

  it('names the transport, and the one that replaced it', () => {
    const head = {
      version: 1,
      at: '',
      agent_id: 'ada',
      model: 'codex',
      workspace: '/w',
      transport: 'app-server',
      text: '',
    } as const;
    expect(timelineOf([{ ms: 0, turn: head }]).head?.transport).toBe('app-server');
    expect(
      timelineOf([
        { ms: 0, turn: head },
        { ms: 5, transport: 'exec' },
      ]).head?.transport,
    ).toBe('exec instead of app-server');
  });

  it('measures the wait and the times of the first event, the first text and the end', () => {
    const { figures } = timelineOf([
      begins('Hi'),
      { ms: 1, wait: { ahead: 1 } },
      started(51),
      raw(60, 'thread.started'),
      said(70, 'a'),
      said(80, 'b'),
      ended(90),
    ]);
    expect(figures).toEqual([
      { name: 'waited', ms: 50 },
      { name: 'first event', ms: 60 },
      { name: 'first text', ms: 70 },
      { name: 'end', ms: 90 },
    ]);
  });

  it('gives the items of a second process other letters', () => {
    const { codex } = timelineOf([
      ...command('item_0', 'a', 1, 2),
      exited(3, 1),
      ...command('item_0', 'b', 4, 5),
      exited(6),
    ]);
    expect(codex.map(({ sign, meaning }) => `${sign} ${meaning}`)).toEqual([
      'a command a',
      'a command a',
      'x exit 1',
      'b command b',
      'b command b',
      'x exit 0',
    ]);
  });

  it('uses one letter per kind when there are more items than letters', () => {
    const items = Array.from({ length: 26 }, (_, nth) =>
      item(nth, 'completed', `i${nth}`, nth === 0 ? 'reasoning' : 'agent_message', { text: 'x' }),
    );
    expect(
      timelineOf(items.slice(1))
        .codex.map(({ sign }) => sign)
        .join(''),
    ).toBe('abcdefghijklmnopqrstuvwyz');
    expect(
      timelineOf(items)
        .codex.map(({ sign }) => sign)
        .join(''),
    ).toBe(`r${'m'.repeat(25)}`);
  });

  it.each([
    ['/bin/bash -lc \'sleep 1; echo "a"\'', 'sleep 1; echo "a"'],
    ['/bin/zsh -lc ls', 'ls'],
    ['bash -c "ls -la"', 'ls -la'],
    ['/usr/bin/env', '/usr/bin/env'],
    ["bash -lc 'cat <<E\nx\nE'", 'cat <<E\nx\nE'],
  ])('names the command %j without its shell', (line, name) => {
    expect(
      timelineOf([item(1, 'started', 'i', 'command_execution', { command: line })]).tools,
    ).toEqual([{ startMs: 1, name, sign: 'a', kind: 'command', failed: false }]);
  });

  it.each([
    ['file_change', { changes: [{ path: '/w/a.ts' }, { path: '/w/b.ts' }] }, 'a.ts, b.ts'],
    ['file_change', { changes: 'odd' }, 'patch'],
    ['mcp_tool_call', { server: 'lab', tool: 'echo' }, 'lab.echo'],
    ['mcp_tool_call', { server: 'plexum-host-ada', tool: 'echo' }, 'echo'],
    ['mcp_tool_call', { tool: 'echo' }, 'echo'],
    ['web_search', { query: 'weather' }, 'weather'],
    ['collab_tool_call', { tool: 'spawn_agent' }, 'spawn_agent'],
    ['command_execution', { command: 7 }, 'command'],
  ])('names the tool %s %j', (type, more, name) => {
    expect(
      timelineOf([item(1, 'completed', 'i', type, more)]).tools.map((span) => span.name),
    ).toEqual([name]);
  });

  it('shows calls of host tools only in the bridge lane', () => {
    const call = item(1, 'started', 'i', 'mcp_tool_call', {
      server: 'plexum-host-ada',
      tool: 'echo',
    });
    const { tools, bridge, codex } = timelineOf([call, ...called(1, 'echo', 2, 4)]);
    expect({ tools, bridge, codex: marks(codex) }).toEqual({
      tools: [],
      bridge: [{ startMs: 2, endMs: 4, name: 'echo', kind: 'call', failed: false }],
      codex: '1a',
    });
  });

  it('keeps unknown kinds and malformed lines', () => {
    const { codex, malformed, dropped } = timelineOf([
      raw(1, 'new.event'),
      { ms: 2, raw: {} },
      { ms: 3, malformed: { reason: 'not JSON', sample: '' } },
      item(4, 'started', 'i', 'new_item'),
      { ms: 5, returned: { id: 7, is_error: false } },
      { ms: 6, dropped: { lines: 2 } },
    ]);
    expect(codex.map(({ sign, meaning }) => `${sign} ${meaning}`)).toEqual([
      '? event new.event',
      '? event without a type',
      '? malformed line',
      'a new_item',
    ]);
    expect({ malformed, dropped }).toEqual({ malformed: 1, dropped: 2 });
  });

  it.each([
    ['completed', ended(9), {}],
    ['cancelled', ended(9, 'cancelled'), {}],
    ['failed', failed(9, 'auth', 'codex: log in'), { reason: 'auth: codex: log in' }],
    ['cut off', said(9, 'Hm'), {}],
  ])('reads the outcome: %s', (type, last, more) => {
    expect(timelineOf([begins('Go'), last]).outcome).toEqual({ type, ...more });
  });

  it('orders marks by time for any order of the lines', () => {
    const { codex, canonical, endMs } = timelineOf([
      ended(9),
      raw(5, 'turn.started'),
      raw(3, 'thread.started'),
      started(1),
    ]);
    expect([marks(codex), marks(canonical), endMs]).toEqual(['3T 5S', '1M 9E', 9]);
  });
});
