import { describe, expect, it } from 'vitest';
import type { Op } from '../../src/session/call-edits.js';
import { patchLine } from '../../src/session/patch-line.js';

const record = (payload: unknown, type = 'response_item'): string =>
  JSON.stringify({ timestamp: 't', type, payload });
const OPS = new Map<string, Op>([
  ['light', 'consume-light'],
  ['heavy', 'consume-heavy'],
]);

/** The line after its patch, and the touched ids. */
const patched = (text: string, offset = 0) => {
  const bytes = Buffer.from(text);
  const { patch, touched } = patchLine({ offset, bytes }, OPS);
  if (patch === undefined) return { line: text, touched };
  const line = Buffer.from(bytes);
  line.fill(' ', patch.offset - offset, patch.offset - offset + patch.length);
  patch.text.copy(line, patch.offset - offset);
  return { line: line.toString(), touched };
};
const payloadOf = (line: string): unknown => JSON.parse(line).payload;

const LONG = 'x'.repeat(60);

describe('patchLine', () => {
  it.each([
    ['light', '...(consumed)'],
    ['heavy', '...(tool called)'],
  ])('marks the output of a %s call as %s', (call_id, output) => {
    const text = record({ type: 'function_call_output', call_id, output: LONG });
    const { line, touched } = patched(text);

    expect(payloadOf(line)).toEqual({ type: 'function_call_output', call_id, output });
    expect(line).toHaveLength(text.length);
    expect(touched).toEqual([call_id]);
  });

  it('marks an output of parts by one text part', () => {
    const output = [
      { type: 'input_text', text: LONG },
      { type: 'input_image', image_url: LONG },
    ];
    const { line } = patched(record({ type: 'custom_tool_call_output', call_id: 'light', output }));

    expect(payloadOf(line)).toMatchObject({
      output: [{ type: 'input_text', text: '...(consumed)' }],
    });
  });

  it.each([
    ['a string when an array does not fit', [1, 2, 3, 4, 5, 6, 7], '...(consumed)'],
    ['the full marker in 15 bytes', 'x'.repeat(13), '...(consumed)'],
    ['the marker without dots in 14 bytes', 'x'.repeat(12), '(consumed)'],
    ['the marker without dots in 12 bytes', 'x'.repeat(10), '(consumed)'],
    ['only dots in 11 bytes', 'x'.repeat(9), '...'],
    ['only dots in 5 bytes', 'xxx', '...'],
    ['an empty string in 4 bytes', 'xx', ''],
    ['an empty string in 2 bytes', '', ''],
    ['an empty string for a number of 2 digits', 10, ''],
  ])('writes %s', (_, output, expected) => {
    const { line } = patched(record({ type: 'function_call_output', call_id: 'light', output }));

    expect(payloadOf(line)).toMatchObject({ output: expected });
  });

  it('uses the spaces after the record for a longer marker', () => {
    const text = `${record({ type: 'function_call_output', call_id: 'light', output: 'x' })}      `;
    const { line } = patched(text);

    expect(payloadOf(line)).toMatchObject({ output: '...' });
    expect(line).toHaveLength(text.length);
  });

  it.each([1, 0])('keeps an output of one byte: %i', (output) => {
    const text = record({ type: 'function_call_output', call_id: 'light', output });

    expect(patched(text)).toEqual({ line: text, touched: ['light'] });
  });

  it.each([
    ['function_call', 'arguments', '{"cmd":"ls"}', '{}'],
    ['function_call', 'arguments', 'x', ''],
    ['function_call', 'arguments', '', ''],
    ['function_call', 'arguments', 10, ''],
    ['custom_tool_call', 'input', 'text(1)', '{}'],
    [
      'local_shell_call',
      'action',
      { type: 'exec', command: ['ls', '-l'] },
      { type: 'exec', command: [] },
    ],
    ['local_shell_call', 'action', { type: 'exec' }, { type: 'exec' }],
    ['other_call', 'arguments', '{"cmd":"ls"}', '{"cmd":"ls"}'],
  ])('replaces the arguments of a heavy %s (%s)', (type, key, before, after) => {
    const { line } = patched(record({ type, call_id: 'heavy', [key]: before }));

    expect(payloadOf(line)).toEqual({ type, call_id: 'heavy', [key]: after });
  });

  it.each(['function_call', 'custom_tool_call'])('does not touch a light %s', (type) => {
    const text = record({ type, call_id: 'light', arguments: LONG, input: LONG });

    expect(patched(text)).toEqual({ line: text, touched: [] });
  });

  it('marks the history of a compaction', () => {
    const history = [
      { type: 'message', content: 'keep' },
      { type: 'function_call', call_id: 'heavy', arguments: '{"cmd":"ls -l"}' },
      { type: 'function_call_output', call_id: 'heavy', output: LONG },
      { type: 'function_call_output', call_id: 'other', output: LONG },
    ];
    const { line, touched } = patched(record({ replacement_history: history }, 'compacted'));

    expect(payloadOf(line)).toEqual({
      replacement_history: [
        history[0],
        { type: 'function_call', call_id: 'heavy', arguments: '{}' },
        { type: 'function_call_output', call_id: 'heavy', output: '...(tool called)' },
        history[3],
      ],
    });
    expect(touched).toEqual(['heavy', 'heavy']);
  });

  it('places the patch at the offset of the line', () => {
    const bytes = Buffer.from(
      record({ type: 'function_call_output', call_id: 'light', output: LONG }),
    );
    const start = bytes.indexOf('"output":') + '"output":'.length;

    expect(patchLine({ offset: 500, bytes }, OPS).patch).toEqual({
      offset: 500 + start,
      length: bytes.length - start,
      text: Buffer.from('"...(consumed)"}}'),
    });
  });

  it('has no patch for a line that is marked already', () => {
    const { line } = patched(
      record({ type: 'function_call_output', call_id: 'light', output: LONG }),
    );

    expect(patchLine({ offset: 0, bytes: Buffer.from(line) }, OPS)).toEqual({ touched: ['light'] });
  });

  it.each([
    [
      'another record',
      record({ type: 'function_call_output', call_id: 'light', output: LONG }, 'x'),
    ],
    ['an item of another call', record({ type: 'x_output', call_id: 'other', output: LONG })],
    ['an item whose id is a number', record({ type: 'x_output', call_id: 7, output: LONG })],
    ['a payload that is an array', record([{ call_id: 'light' }])],
    ['a truncated line', '{"type":"response_item","payload":{"call_id":"light"'],
    ['a line without JSON', 'noise'],
    ['an empty line', ''],
  ])('has no patch for %s', (_, text) => {
    expect(patched(text)).toEqual({ line: text, touched: [] });
  });

  it('chooses markers for two values that fit into the line together', () => {
    const text = `{"type":"response_item","payload":{"call_id":"light","type":"x_output","output":"xxxxxx","output":"yyyyyy"}}`;
    const { line } = patched(text);

    expect(line).toHaveLength(text.length);
    expect(line).toContain('"output":"(consumed)","output":""}}');
  });

  it('uses the last of duplicate ids, and replaces all duplicate outputs', () => {
    const text = `{"type":"response_item","payload":{"call_id":"other","call_id":"light","type":"x_output","output":"${LONG}" , "output" : "${LONG}"}}`;
    const { line } = patched(text);

    expect(line.match(/\.\.\.\(consumed\)/g)).toHaveLength(2);
    expect(payloadOf(line)).toMatchObject({ output: '...(consumed)' });
  });
});
