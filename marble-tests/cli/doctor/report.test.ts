import { describe, expect, it } from 'vitest';
import { checkOf } from '../../../src/cli/doctor/check.js';
import { isOk, renderCheck, renderJson, renderSummary } from '../../../src/cli/doctor/report.js';

const good = checkOf('node', 'Node').green('20.20.2');
const odd = checkOf('models').yellow('codex → its choice\nother → --model other', 'remove other');
const bad = checkOf('login').red(
  'codex is not logged in',
  'run "codex login"\nas the user of the daemon',
);

describe('renderCheck', () => {
  it.each([
    [good, '✓ Node: 20.20.2\n'],
    [odd, '! models: codex → its choice\n    other → --model other\n    → remove other\n'],
    [
      bad,
      '✗ login: codex is not logged in\n    → run "codex login"\n    as the user of the daemon\n',
    ],
  ])('prints symbol, title, detail and what to do: %j', (check, text) => {
    expect(renderCheck(check, false)).toBe(text);
  });

  it.each([
    [good, '\u001b[32m✓\u001b[0m Node'],
    [odd, '\u001b[33m!\u001b[0m models'],
    [bad, '\u001b[31m✗\u001b[0m login'],
  ])('colors only the symbol: %j', (check, begin) => {
    const text = renderCheck(check, true);
    expect(text.startsWith(begin)).toBe(true);
    expect(text.split('\u001b')).toHaveLength(3);
  });

  it('shows characters that move the cursor as escapes', () => {
    const hostile = checkOf('x', 'a\u001b[2J\nb').red(
      '\u001b]0;t\u0007\r\u009b1A\u202eevil\tx',
      '\u0000y',
    );
    expect(renderCheck(hostile, false)).toBe(
      '✗ a\\u001b[2J b: \\u001b]0;t\\u0007\\u000d\\u009b1A\\u202eevil\tx\n    → \\u0000y\n',
    );
  });
});

describe('renderSummary', () => {
  it.each([
    [[good, good], '\n2 green, 0 yellow, 0 red\n'],
    [[good, odd], '\n1 green, 1 yellow, 0 red\n'],
    [
      [bad, odd],
      '\n0 green, 1 yellow, 1 red: turns will fail, or lose something, until the red ones are mended\n',
    ],
    [[], '\n0 green, 0 yellow, 0 red\n'],
  ])('counts the checks per state: %j', (checks, text) => {
    expect(renderSummary(checks, false)).toBe(text);
  });

  it('colors each count by its state', () => {
    expect(renderSummary([good], true)).toBe(
      '\n\u001b[32m1 green\u001b[0m, \u001b[33m0 yellow\u001b[0m, \u001b[31m0 red\u001b[0m\n',
    );
  });
});

describe('renderJson', () => {
  it('renders one JSON document', () => {
    expect(JSON.parse(renderJson([good, odd]))).toEqual({ ok: true, checks: [good, odd] });
    expect(JSON.parse(renderJson([good, bad]))).toEqual({ ok: false, checks: [good, bad] });
  });
});

describe('isOk', () => {
  it.each([
    [[], true],
    [[good, odd], true],
    [[good, bad, odd], false],
  ])('returns for %j: %j', (checks, ok) => {
    expect(isOk(checks)).toBe(ok);
  });
});
