import { describe, expect, it } from 'vitest';
import type { RefusedItems } from '../../src/codex/history-refusal.js';
import { openingText } from '../../src/codex/opening.js';
import { editLine } from '../../src/session/edit-line.js';
import { needlesOf, promptEdits, refusedEdits } from '../../src/session/refused-edits.js';

const record = (payload: object, type = 'response_item'): string =>
  JSON.stringify({ timestamp: 't', ordinal: 3, type, payload });
const OTHER = { type: 'other' };

/** The payload after the edits, and how many there are; the length stays. */
const edited = (text: string, items: RefusedItems) => {
  const bytes = Buffer.from(text);
  const edits = refusedEdits(bytes, items);
  const patch = editLine({ offset: 0, bytes }, edits);
  if (patch === undefined) return { edits: edits.length, payload: JSON.parse(text).payload };
  const line = Buffer.from(bytes).fill(' ', patch.offset);
  patch.text.copy(line, patch.offset);
  expect(line).toHaveLength(bytes.length);
  return { edits: edits.length, payload: JSON.parse(line.toString()).payload };
};

const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
const call = { type: 'function_call', id: 'fc_1', name: 'x', arguments: '{}', call_id: 'call_a' };
const output = { type: 'function_call_output', call_id: 'call_a', output: 'ok' };
const image = (data: string) => ({
  type: 'input_image',
  image_url: `data:image/png;base64,${Buffer.from(data, 'hex').toString('base64')}`,
});
const GOOD = image('89504e470d0a1a0a0000000d49484452');
const BAD = image('00010203040506070809');

describe('refusedEdits', () => {
  it.each<[string, object, RefusedItems]>([
    ['encrypted reasoning', reasoning, { by: 'encrypted' }],
    [
      'an encrypted summary',
      { type: 'compaction', encrypted_content: 'gAAA' },
      { by: 'encrypted' },
    ],
    ['a call', call, { by: 'call', ids: ['call_a'] }],
    ['an output', output, { by: 'call', ids: ['x', 'call_a'] }],
    ['an item by its id', reasoning, { by: 'item', ids: ['rs_1'] }],
    ['an item with a long field', call, { by: 'length', field: 'call_id', max: 5 }],
  ])('takes %s out of its record, and keeps the line', (_what, payload, items) => {
    expect(edited(record(payload), items)).toEqual({ edits: 1, payload: OTHER });
    expect(needlesOf(items).some((needle) => record(payload).includes(needle))).toBe(true);
  });

  it('takes items out of the history of a compaction, and no other', () => {
    const message = { type: 'message', role: 'user', content: [] };
    const text = record({ replacement_history: [reasoning, message] }, 'compacted');

    expect(edited(text, { by: 'encrypted' }).payload).toEqual({
      replacement_history: [OTHER, message],
    });
  });

  it('tells pictures that are none from good ones, in messages and in outputs', () => {
    const message = record({ type: 'message', role: 'user', content: [BAD, GOOD] });
    const bytes = Buffer.from(message);
    expect(
      refusedEdits(bytes, { by: 'pictures' }).map(({ isGoodPicture }) => isGoodPicture),
    ).toEqual([false, true]);
    expect(edited(record({ ...output, output: [BAD] }), { by: 'pictures' }).payload).toMatchObject({
      call_id: 'call_a',
      output: [{ type: 'input_text' }],
    });
  });

  it('corrects the name of a picture of another kind where the line has room for it', () => {
    const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex').toString('base64');
    const picture = (type: string) => ({
      type: 'input_image',
      image_url: `data:image/${type};base64,${jpeg}`,
    });
    const message = (type: string) =>
      record({ type: 'message', role: 'user', content: [picture(type)] });

    expect(edited(message('webp'), { by: 'broken pictures' }).payload.content).toEqual([
      picture('jpeg'),
    ]);
    expect(edited(`${message('png')} `, { by: 'pictures' }).payload.content).toEqual([
      picture('jpeg'),
    ]);
    expect(edited(message('png'), { by: 'pictures' }).payload.content).toEqual([
      { type: 'input_text', text: '[a picture that was refused]' },
    ]);
  });

  it('measures a picture with characters beyond ASCII in bytes', () => {
    const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex').toString('base64');
    const picture = {
      type: 'input_image',
      image_url: `data:image/png;base64,${jpeg}`,
      alt: '数数',
    };
    const message = record({ type: 'message', role: 'user', content: [picture] });

    expect(edited(message, { by: 'pictures' }).payload.content).toEqual([
      { type: 'input_text', text: '[a picture that was refused]' },
    ]);
  });

  it('takes out a picture that is shorter than the words in its place', () => {
    const short = { type: 'input_image', image_url: 'data:,' };
    const message = record({ type: 'message', role: 'user', content: [short] });

    expect(edited(message, { by: 'pictures' })).toMatchObject({
      edits: 1,
      payload: { content: [{ type: 'input_text', text: '-' }] },
    });
  });

  it.each<[string, string, RefusedItems]>([
    ['another call', record(call), { by: 'call', ids: ['call_b'] }],
    [
      'reasoning without encryption',
      record({ ...reasoning, encrypted_content: null }),
      { by: 'encrypted' },
    ],
    ['an event', record(reasoning, 'event_msg'), { by: 'encrypted' }],
    [
      'a text about it',
      record({ ...output, output: '"encrypted_content":"x"' }),
      { by: 'encrypted' },
    ],
    ['a line that is torn', record(reasoning).slice(0, -3), { by: 'encrypted' }],
    ['a short field', record(call), { by: 'length', field: 'call_id', max: 64 }],
  ])('leaves %s', (_what, text, items) => {
    expect(refusedEdits(Buffer.from(text), items)).toEqual([]);
  });
});

describe('promptEdits', () => {
  const message = (role: string, text: string) =>
    Buffer.from(record({ type: 'message', role, content: [{ type: 'input_text', text }] }));

  it('finds the message of the user with the text of the prompt, and no other', () => {
    expect(promptEdits(message('user', 'a "b"\n'), 'a "b"')).toHaveLength(1);
    const opened = openingText({ prompt: 'a', instructions: { text: 'b', isChanged: true } }, 'T');
    expect(promptEdits(message('user', opened), 'a')).toHaveLength(1);
    expect(promptEdits(message('user', 'another'), 'a')).toEqual([]);
    expect(promptEdits(message('assistant', 'a'), 'a')).toEqual([]);
  });
});
