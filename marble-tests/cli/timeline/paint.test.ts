import { describe, expect, it } from 'vitest';
import { ansi, paintFor, plain } from '../../../src/cli/timeline/paint.js';

describe('paintFor', () => {
  it.each([
    ['a terminal', { isTTY: true }, {}, ansi],
    ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, ansi],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, plain],
    ['a terminal without colours', { isTTY: true }, { TERM: 'dumb' }, plain],
    ['a pipe', {}, {}, plain],
  ])('chooses the colours for %s', (_, stream, env, paint) => {
    expect(paintFor(stream, env)).toBe(paint);
  });
});

describe('ansi', () => {
  it('sets the colour and resets it', () => {
    expect(ansi('failure', 'x')).toBe('\u001B[31mx\u001B[0m');
  });
});
