import { describe, expect, it } from 'vitest';
import { matchesCall, mentionsCall } from '../../src/session/match-call.js';

const TIME = '2026-11-20T23:43:54.034Z';
const line = (type: string, payload: object, ordinal?: number): string =>
  JSON.stringify({ timestamp: TIME, ...(ordinal === undefined ? {} : { ordinal }), type, payload });
const item = (payload: object): string => line('response_item', payload, 7);
const output = (id: string): string =>
  item({ type: 'function_call_output', call_id: id, output: 'ok' });

const IDS = new Set(['a', 'é', 'b"\\']);
const matches = (text: string): boolean | undefined => matchesCall(Buffer.from(text), 0, IDS);

describe('matchesCall', () => {
  it.each([
    ['an output', output('a')],
    ['an output with a non-ASCII id', output('é')],
    [
      'an output whose item id comes first',
      item({ type: 'function_call_output', id: 'fco_1', call_id: 'a' }),
    ],
    [
      'an output without an ordinal',
      line('response_item', { type: 'custom_tool_call_output', call_id: 'a' }),
    ],
    [
      'a call whose arguments quote another call',
      item({ type: 'function_call', arguments: '{"call_id":"b","x":"\\\\"}', call_id: 'a' }),
    ],
    ['a line that another line follows', `${output('a')}\n${output('b')}`],
  ])('is true for %s', (_, text) => {
    expect(matches(text)).toBe(true);
  });

  it.each([
    ['an event', line('event_msg', { type: 'x', call_id: 'a' }, 70_000)],
    ['an event without an ordinal', line('event_msg', { call_id: 'a' })],
    ['a record of an unknown kind', line('later', { call_id: 'a' })],
    ['a message', item({ type: 'message', call_id: 'a' })],
    ['an output of another call', output('b')],
    [
      'a call whose id only begins with a requested id',
      item({ type: 'function_call', arguments: '{"call_id":"a"}', call_id: 'aa' }),
    ],
    ['another call, followed by a line with a requested id', `${output('b')}\n${output('a')}`],
  ])('is false for %s', (_, text) => {
    expect(matches(text)).toBe(false);
  });

  it.each([
    ['a compaction', line('compacted', { replacement_history: [] })],
    ['an escape in the type', output('a').replace('response_item', 'r\\u0065sponse_item')],
    ['an escape in the kind', output('a').replace('_output', '\\u005foutput')],
    ['an escape in the id', output('b"\\')],
    [
      'an object before the id',
      item({ type: 'local_shell_call', action: { call_id: 'b' }, call_id: 'a' }),
    ],
    ['an item without a type', item({ call_id: 'a' })],
    ['a call without an id', item({ type: 'function_call', name: 'x' })],
    ['a type before the timestamp', JSON.stringify({ type: 'event_msg', timestamp: TIME })],
    [
      'a payload before the type',
      JSON.stringify({ timestamp: TIME, payload: {}, type: 'event_msg' }),
    ],
    ['an ordinal that is a string', output('a').replace('7', '"7"')],
    ['a line feed after a backslash', '{"timestamp":"\\\n","type":"event_msg"}'],
    ['white space between tokens', output('a').replaceAll(':', ': ')],
    ['a line of a single carriage return', '\r\n'],
    ['an empty line', ''],
  ])('is inconclusive for %s', (_, text) => {
    expect(matches(text)).toBe(undefined);
  });

  it('is inconclusive for a truncated line, and does not read into the next line', () => {
    const call = item({ type: 'function_call', arguments: '"\\', call_id: 'a' });
    const end = call.indexOf('"a"') + 3;
    for (let cut = 0; cut < end; cut += 1) {
      const results = [
        matches(call.slice(0, cut)),
        matches(`${call.slice(0, cut)}\n`),
        matches(`${call.slice(0, cut)}\n${call.slice(cut)}`),
      ];
      expect(results).toEqual([undefined, undefined, undefined]);
    }
    expect(matches(call.slice(0, end))).toBe(true);
  });

  it('starts at the given byte', () => {
    const [first, second] = [output('b'), output('a')];
    expect(matchesCall(Buffer.from(`${first}\n${second}`), first.length + 1, IDS)).toBe(true);
  });
});

describe('mentionsCall', () => {
  const mentions = (text: string): boolean => mentionsCall(Buffer.from(text), IDS);

  it('finds an id at any depth, with white space and escapes', () => {
    expect(
      [
        '{"call_id":"a"}',
        '{"x":[{"call_id" :\t"\\u0061"}]}',
        '["call_id",{"call_id":"b\\"\\\\"}]',
      ].map(mentions),
    ).toEqual([true, true, true]);
  });

  it('ignores quoted ids, ids of other calls, and ids that are not strings', () => {
    const others = [
      JSON.stringify({ x: '{"call_id":"a"}' }),
      '{"call_id":"aa"}',
      '{"call_id":["a"]}',
      '{"call_id":"a',
      '{"call_id":"a\\q"}',
      '',
    ];
    expect(others.map(mentions)).toEqual(others.map(() => false));
  });
});
