import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_FRAME, SEED_FRAME, seedItems, transcript } from '../../src/codex/seed.js';
import { seedOf } from '../../src/turn/seed-of.js';
import { holds } from '../support/fuzz.js';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const TOKEN = '0123456789abc';

describe('seedOf', () => {
  it('has the messages in their order, with calls shortened and pictures named', () => {
    const earlier = [
      { role: 'system', content: 'be brief' },
      user([
        { type: 'text', text: 'look' },
        { type: 'image', media_type: 'image/png', url: 'https://me:pw@example.com/a.png?key=s#x' },
        { type: 'image', path: '/a.png' },
        { type: 'image', media_type: 'image/png', data_base64: 'AAAA' },
        { type: 'image', url: 'data:image/gif;base64,AAAA' },
      ]),
      assistant([
        { type: 'thinking', thinking: 'hm' },
        { type: 'tool_use', id: 'a', name: 'look_up', input: { colour: 'x'.repeat(10_000) } },
      ]),
      user([
        { type: 'tool_result', tool_use_id: 'a', content: 'y'.repeat(10_000) },
        {
          type: 'tool_result',
          tool_use_id: 'b',
          content: [{ type: 'text', text: 'no' }],
          is_error: true,
        },
      ]),
      assistant('done'),
    ];
    const { seed, skipped } = seedOf(earlier, 100_000);
    expect(skipped).toBe(0);
    expect(seed).toEqual({
      leftOut: 0,
      messages: [
        {
          role: 'user',
          text: 'look\n[image: image/png, https://example.com/a.png]\n[image: /a.png]\n[image: image/png, base64]\n[image: data:image/gif]',
        },
        {
          role: 'assistant',
          text: expect.stringMatching(/^\[tool call: look_up \{"colour":"x{380,400}…\]$/),
        },
        {
          role: 'user',
          text: `[tool result: ${'y'.repeat(400)}… (10,000 characters)]\n[tool error: no]`,
        },
        { role: 'assistant', text: 'done' },
      ],
    });
  });

  it('keeps the newest messages that fit, and counts those before', () => {
    const earlier = ['one', 'two', 'three', 'four'].map((text) => user(`${text} `.repeat(20)));
    const { seed, chars } = seedOf(earlier, 260);
    expect(seed?.messages.map(({ text }) => text.slice(0, 5).trim())).toEqual(['three', 'four']);
    expect(seed?.leftOut).toBe(2);
    expect(chars).toBe(220);
  });

  it.each([
    [40, ['b', 'c']],
    [20, ['c']],
    [19, ['end of c']],
    [1, ['end of c']],
    [0, []],
  ])('counts nothing but the characters of the messages: %i', (max, kept) => {
    const earlier = ['a', 'b', 'c'].map((letter) => user(letter.repeat(20)));
    const { seed, chars } = seedOf(earlier, max);
    const parts = seed?.messages.map(({ text }) =>
      text.startsWith('[…') ? `end of ${text.at(-1)}` : text.charAt(0),
    );
    expect(parts ?? []).toEqual(kept);
    expect(chars).toBe(max);
  });

  it('leaves room for what a transcript adds to each message', () => {
    const earlier = Array.from({ length: 1_000 }, () => user('x'));
    const { seed } = seedOf(earlier, 1_000, 4_100);
    expect(seed).toMatchObject({ messages: { length: 100 }, leftOut: 900 });
  });

  it('keeps the end of a newest message that is too long alone', () => {
    const { seed } = seedOf([user('old'), assistant(`${'a'.repeat(5_000)}END`)], 300);
    expect(seed?.leftOut).toBe(1);
    expect(seed?.messages).toMatchObject([
      { role: 'assistant', text: expect.stringMatching(/^\[… .*\n a*END$|^\[… .*\na*END$/) },
    ]);
  });

  it('keeps the end of an older message where there is room for much of it', () => {
    const { seed } = seedOf([user('old'), user('b'.repeat(9_000)), assistant('new')], 3_000);
    expect(seed?.messages.map(({ text }) => text.length > 1_000)).toEqual([true, false]);
    expect(seed?.leftOut).toBe(1);
  });

  it('skips what is no message and no block, and counts it', () => {
    const earlier = [
      null,
      5,
      'hi',
      { role: 'tool' },
      user(5),
      user([null, { type: 'later' }]),
      user('x'),
    ];
    expect(seedOf(earlier, 1_000)).toMatchObject({
      seed: { messages: [{ text: 'x' }], leftOut: 0 },
      skipped: 7,
    });
  });

  it('reads results that lie in each other deeper than the stack as far as a person would', () => {
    let content: unknown = 'deep';
    for (let depth = 0; depth < 100_000; depth += 1) content = [{ type: 'tool_result', content }];
    const { seed } = seedOf([user(content), user('x')], 1_000);
    expect(seed?.messages.map(({ text }) => text)).toEqual([
      '[tool result: [tool result: [tool result: ]]]',
      'x',
    ]);
  });

  it('has no seed without a text, and without room', () => {
    expect(seedOf([], 1_000).seed).toBeUndefined();
    expect(seedOf([assistant([{ type: 'thinking' }])], 1_000).seed).toBeUndefined();
    expect(seedOf([user('hi')], 0).seed).toBeUndefined();
  });

  it('reads no message before the limit', () => {
    const unread = {
      role: 'user',
      get content(): string {
        throw new Error('read');
      },
    };
    const earlier = [unread, unread, user('b'.repeat(500))];
    expect(seedOf(earlier, 200).seed).toMatchObject({ leftOut: 2 });
  });

  it('is never longer than asked, is well-formed, and ends with the newest message', () => {
    const text = fc
      .array(fc.constantFrom('a', 'bc ', '💥', '\ud83d', '\udca5', '\n'), { maxLength: 200 })
      .map((letters) => letters.join(''));
    const block = fc.oneof(
      text.map((each) => ({ type: 'text', text: each })),
      fc.record({ type: fc.constant('tool_use'), name: text, input: fc.jsonValue() }),
      fc.record({ type: fc.constant('tool_result'), content: fc.oneof(text, fc.jsonValue()) }),
      fc.record({ type: fc.constant('image'), url: text, path: text }),
      fc.anything(),
    );
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
      content: fc.oneof(text, fc.array(block, { maxLength: 4 })),
    });
    holds(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.nat(3_000),
        fc.nat(4_000),
        (earlier, max, room) => {
          const newest = 'the newest one 💥';
          const { seed, chars } = seedOf([...earlier, user(newest)], max, room);
          expect(chars).toBeLessThanOrEqual(max);
          if (seed === undefined) {
            expect(Math.min(max, room - MESSAGE_FRAME)).toBeLessThan('💥'.length);
            return;
          }
          const whole = transcript(seed, '', TOKEN);
          expect(whole.length).toBeLessThanOrEqual(room + SEED_FRAME);
          expect(whole.isWellFormed() && JSON.stringify(seedItems(seed)).isWellFormed()).toBe(true);
          expect(newest.endsWith(seed.messages.at(-1)?.text.split('\n').at(-1) ?? '-')).toBe(true);
        },
      ),
    );
  });
});
