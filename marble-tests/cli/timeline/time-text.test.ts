import { expect, it } from 'vitest';
import { timeText } from '../../../src/cli/timeline/time-text.js';

it.each([
  [0, '0 ms'],
  [0.44, '0.4 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [9_996, '10.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [200_000, '3 min 20 s'],
  [3_599_600, '1 h 00 min'],
  [7_380_000, '2 h 03 min'],
])('%s ms are %s', (ms, text) => {
  expect(timeText(ms)).toBe(text);
});
