import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { checkHooks } from '../../../src/cli/doctor/hook-check.js';

const hook = (more: object) => ({
  key: '/h/hooks.json:user_prompt_submit:0:0',
  eventName: 'userPromptSubmit',
  sourcePath: '/h/hooks.json',
  enabled: true,
  trustStatus: 'trusted',
  ...more,
});
const list = (hooks: object[], more: object = {}) => ({
  data: [{ cwd: '/w', hooks, warnings: [], errors: [], ...more }],
});
const BYPASS = ['--dangerously-bypass-hook-trust'];

describe('checkHooks', () => {
  it.each<[what: string, answer: unknown, args: string[]]>([
    ['no file that may configure one', undefined, []],
    ['none', list([]), []],
    ['a trusted one', list([hook({})]), []],
    ['a managed one', list([hook({ trustStatus: 'managed' })]), []],
    ['an untrusted one that the operator runs', list([hook({ trustStatus: 'untrusted' })]), BYPASS],
  ])('is green for %s', (_what, answer, args) => {
    expect(checkHooks(right(answer), args)).toMatchObject({ id: 'hooks', state: 'green' });
  });

  it.each<[what: string, more: object, args: string[], reason: string]>([
    ['untrusted', { trustStatus: 'untrusted' }, [], 'nobody has trusted it'],
    ['modified', { trustStatus: 'modified' }, [], 'it has changed since it was trusted'],
    ['of a new state', { trustStatus: 'revoked' }, [], 'revoked'],
    ['switched off', { enabled: false }, BYPASS, 'it is switched off'],
  ])('names a hook that is %s, and why it does not run', (_what, more, args, reason) => {
    expect(checkHooks(right(list([hook(more)])), args)).toMatchObject({
      state: 'yellow',
      detail: `userPromptSubmit of /h/hooks.json does not run: ${reason}`,
    });
  });

  it('lists a hook of two workspaces once, and what codex complains of', () => {
    const one = list([hook({})], { errors: [{ path: '/w', message: 'no TOML' }] });
    const answer = { data: [...one.data, ...list([hook({})], { warnings: ['odd'] }).data] };

    expect(checkHooks(right(answer), [])).toMatchObject({
      state: 'yellow',
      detail: 'userPromptSubmit of /h/hooks.json runs\nno TOML\nodd',
    });
  });

  it('is yellow for an answer of another shape', () => {
    expect(checkHooks(right({ data: 'none' }), [])).toMatchObject({ state: 'yellow' });
  });

  it('is yellow with the reason when codex does not answer', () => {
    expect(checkHooks(left('too old'), [])).toMatchObject({
      state: 'yellow',
      detail: 'this could not be checked: too old',
    });
  });
});
