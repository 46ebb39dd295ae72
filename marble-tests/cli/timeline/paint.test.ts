import { expect, it } from 'vitest';
import { ansi, paintFor, plain } from '../../../src/cli/timeline/paint.js';

it.each([
  ['a terminal', { isTTY: true }, {}, ansi],
  ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, ansi],
  ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, plain],
  ['a terminal without colours', { isTTY: true }, { TERM: 'dumb' }, plain],
  ['a pipe', {}, {}, plain],
])('chooses for %s', (_, stream, env, paint) => {
  expect(paintFor(stream, env)).toBe(paint);
});

it('paints and stops painting', () => {
  expect(ansi('failure', 'x')).toBe('\u001B[31mx\u001B[0m');
});
