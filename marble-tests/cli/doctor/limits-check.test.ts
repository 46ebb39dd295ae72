import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { checkLimits } from '../../../src/cli/doctor/limits-check.js';

const account = right({
  account: { type: 'chatgpt', email: 'ada@example.com', planType: 'pro' },
  userId: 'user-secret',
});
const window = (usedPercent: number) => ({
  usedPercent,
  windowDurationMins: 300,
  resetsAt: 1_795_989_621,
});
const limits = (usedPercent: number) =>
  right({ rateLimits: { primary: window(usedPercent), secondary: null } });

describe('checkLimits', () => {
  it('reports the plan and the windows, and nobody by name', () => {
    expect(checkLimits({ account, limits: limits(45) })).toEqual({
      id: 'limits',
      title: 'limits',
      state: 'green',
      detail: 'login: ChatGPT, plan pro\nlimit (5 h): 45 % used, resets at 2026-11-29T22:00:21Z',
    });
  });

  it('is yellow for a window that is nearly used up', () => {
    expect(checkLimits({ account, limits: limits(95) })).toMatchObject({ state: 'yellow' });
  });

  it('names each of several limits', () => {
    const secondary = { usedPercent: 7, windowDurationMins: 10_080, resetsAt: null };
    const rateLimitsByLimitId = {
      codex: { primary: window(45), secondary },
      other: { primary: window(3) },
    };
    const both = right({ rateLimits: {}, rateLimitsByLimitId });
    expect(checkLimits({ account, limits: both }).detail.split('\n').slice(1)).toEqual([
      'limit of codex (5 h): 45 % used, resets at 2026-11-29T22:00:21Z',
      'limit of codex (7 d): 7 % used',
      'limit of other (5 h): 3 % used, resets at 2026-11-29T22:00:21Z',
    ]);
  });

  it.each<[what: string, account: unknown, words: string]>([
    ['an API key', { account: { type: 'apiKey' } }, 'an API key'],
    ['no login', { account: null }, 'none of OpenAI'],
    ['another one', { account: { type: 'amazonBedrock' } }, 'amazonBedrock'],
    ['another form', { account: 5 }, 'not known: codex gives it in a form that is not known'],
  ])('reports the login of %s', (_what, answer, words) => {
    const { detail } = checkLimits({ account: right(answer), limits: right({ rateLimits: {} }) });
    expect(detail).toBe(`login: ${words}\nlimits: codex names none`);
  });

  it('takes the plan from the limits where codex cannot read the account', () => {
    const named = right({ rateLimits: { planType: 'plus', primary: window(1) } });
    expect(checkLimits({ account: left('no routing'), limits: named }).detail).toContain(
      'login: ChatGPT, plan plus',
    );
  });

  it('takes the plan from the limits when the account has that of an older token', () => {
    const named = right({ rateLimits: { planType: 'free', primary: window(1) } });
    expect(checkLimits({ account, limits: named }).detail).toContain('login: ChatGPT, plan free\n');
  });

  it('takes the plan of the account when the limits have one that codex does not know', () => {
    const named = right({ rateLimits: { planType: 'unknown', primary: window(1) } });
    expect(checkLimits({ account, limits: named }).detail).toContain('login: ChatGPT, plan pro\n');
  });

  it('is yellow when the API refuses the login', () => {
    const refused = left('failed to fetch codex rate limits: GET … failed: 401 Unauthorized; …');
    expect(checkLimits({ account, limits: refused })).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('codex login'),
    });
  });

  it('is green and says why when codex gives no answer', () => {
    expect(checkLimits({ account: left('no codex'), limits: left('no network') })).toMatchObject({
      state: 'green',
      detail: 'login: not known: no codex\nlimits: not known: no network',
    });
    expect(checkLimits({ account: left('no codex'), limits: left('no codex') }).detail).toBe(
      'login and limits: not known: no codex',
    );
  });
});
