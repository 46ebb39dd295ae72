import { describe, expect, it } from 'vitest';
import { MAX_TEXT, recordLine } from '../../src/record/recorded.js';

describe('recordLine', () => {
  it('is a line of JSON with a tenth of a millisecond', () => {
    expect(recordLine(12.3456, { wait: { ahead: 1 } })).toBe('{"ms":12.3,"wait":{"ahead":1}}\n');
    expect(recordLine(0, { raw: { text: 'a\nb\u2028c' } })).toBe(
      '{"ms":0,"raw":{"text":"a\\nb\u2028c"}}\n',
    );
  });

  it.each([
    [{ message: 'the key sk-1234567890abcdef is wrong' }],
    [{ headers: [{ Authorization: 'Bearer 1234567890abcdef' }] }],
    [{ deep: { password: '1234567890abcdef' } }],
    [{ api_key: '1234567890abcdef' }],
    [{ arguments: '{"api_key":"1234567890abcdef"}' }],
  ])('keeps no secret: %j', (raw) => {
    const line = recordLine(0, { raw }) ?? '';
    expect(line).not.toContain('1234567890abcdef');
    expect(JSON.parse(line)).toMatchObject({ raw: expect.any(Object) });
  });

  it('leaves words alone that are no secrets', () => {
    const raw = { 'a: b': 'c', key: 'value', sk: 'sk-', '': '', list: [1, null, true, 'x'] };
    expect(JSON.parse(recordLine(0, { raw }) ?? '')).toEqual({ ms: 0, raw });
  });

  it('cuts a text that is very long', () => {
    const { raw } = JSON.parse(recordLine(0, { raw: 'x'.repeat(MAX_TEXT + 1) }) ?? '');
    expect(raw).toBe(`${'x'.repeat(MAX_TEXT)}… (cut: ${MAX_TEXT + 1} characters)`);
  });

  it('is nothing for what is no JSON', () => {
    expect(recordLine(0, { raw: 1n })).toBeUndefined();
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(recordLine(0, { raw: deep })).toBeUndefined();
  });
});
