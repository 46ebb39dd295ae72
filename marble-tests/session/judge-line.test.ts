import { describe, expect, it } from 'vitest';
import { judged, names } from '../../src/session/judge-line.js';

const TIME = '2026-11-20T23:43:54.034Z';
const line = (type: string, payload: object, ordinal?: number): string =>
  JSON.stringify({ timestamp: TIME, ...(ordinal === undefined ? {} : { ordinal }), type, payload });
const item = (payload: object): string => line('response_item', payload, 7);
const output = (id: string): string =>
  item({ type: 'function_call_output', call_id: id, output: 'ok' });

const IDS = new Set(['a', 'é', 'b"\\']);
const verdict = (text: string): boolean | undefined => judged(Buffer.from(text), 0, IDS);

describe('judged', () => {
  it.each([
    ['an output', output('a')],
    ['an output of another alphabet', output('é')],
    [
      'an output behind its own id',
      item({ type: 'function_call_output', id: 'fco_1', call_id: 'a' }),
    ],
    [
      'an output without an ordinal',
      line('response_item', { type: 'custom_tool_call_output', call_id: 'a' }),
    ],
    [
      'a call behind arguments full of quotes',
      item({ type: 'function_call', arguments: '{"call_id":"b","x":"\\\\"}', call_id: 'a' }),
    ],
    ['a line behind one more', `${output('a')}\n${output('b')}`],
  ])('knows %s', (_, text) => {
    expect(verdict(text)).toBe(true);
  });

  it.each([
    ['an event', line('event_msg', { type: 'x', call_id: 'a' }, 70_000)],
    ['an event without an ordinal', line('event_msg', { call_id: 'a' })],
    ['a kind that nobody knows', line('later', { call_id: 'a' })],
    ['a message', item({ type: 'message', call_id: 'a' })],
    ['an output of another call', output('b')],
    [
      'a call with half of an id',
      item({ type: 'function_call', arguments: '{"call_id":"a"}', call_id: 'aa' }),
    ],
    ['a line before one more', `${output('b')}\n${output('a')}`],
  ])('knows that %s is no call of these', (_, text) => {
    expect(verdict(text)).toBe(false);
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
    ['no kind', item({ call_id: 'a' })],
    ['no id', item({ type: 'function_call', name: 'x' })],
    ['another key first', JSON.stringify({ type: 'event_msg', timestamp: TIME })],
    [
      'another key before the type',
      JSON.stringify({ timestamp: TIME, payload: {}, type: 'event_msg' }),
    ],
    ['an ordinal that is none', output('a').replace('7', '"7"')],
    ['a line feed behind a backslash', '{"timestamp":"\\\n","type":"event_msg"}'],
    ['spaces', output('a').replaceAll(':', ': ')],
    ['a carriage return alone', '\r\n'],
    ['nothing', ''],
  ])('does not know %s', (_, text) => {
    expect(verdict(text)).toBe(undefined);
  });

  it('does not know a line that is cut off, nor reads on in the next one', () => {
    const call = item({ type: 'function_call', arguments: '"\\', call_id: 'a' });
    const end = call.indexOf('"a"') + 3;
    for (let cut = 0; cut < end; cut += 1) {
      const told = [
        verdict(call.slice(0, cut)),
        verdict(`${call.slice(0, cut)}\n`),
        verdict(`${call.slice(0, cut)}\n${call.slice(cut)}`),
      ];
      expect(told).toEqual([undefined, undefined, undefined]);
    }
    expect(verdict(call.slice(0, end))).toBe(true);
  });

  it('begins where it is told to', () => {
    const [first, second] = [output('b'), output('a')];
    expect(judged(Buffer.from(`${first}\n${second}`), first.length + 1, IDS)).toBe(true);
  });
});

describe('names', () => {
  const named = (text: string): boolean => names(Buffer.from(text), IDS);

  it('finds an id at any depth, with spaces and escapes', () => {
    expect(
      [
        '{"call_id":"a"}',
        '{"x":[{"call_id" :\t"\\u0061"}]}',
        '["call_id",{"call_id":"b\\"\\\\"}]',
      ].map(named),
    ).toEqual([true, true, true]);
  });

  it('finds none in a text, of another call, or that is no text', () => {
    const others = [
      JSON.stringify({ x: '{"call_id":"a"}' }),
      '{"call_id":"aa"}',
      '{"call_id":["a"]}',
      '{"call_id":"a',
      '{"call_id":"a\\q"}',
      '',
    ];
    expect(others.map(named)).toEqual(others.map(() => false));
  });
});
