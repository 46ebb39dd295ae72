import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.js';
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
const FLAG = '--dangerously-bypass-hook-trust';
const BYPASS = [FLAG];
const check = (hooks: Either<string, unknown>, extraArgs: string[] = []): Check =>
  checkHooks({ hooks, version: '0.171.0' }, { extraArgs, transport: 'exec' });

describe('checkHooks', () => {
  it.each<[what: string, answer: unknown, args: string[]]>([
    ['no file that may configure one', undefined, []],
    ['none', list([]), []],
    ['a trusted one', list([hook({})]), []],
    ['a managed one', list([hook({ trustStatus: 'managed' })]), []],
    ['an untrusted one that the operator runs', list([hook({ trustStatus: 'untrusted' })]), BYPASS],
  ])('is green for %s', (_what, answer, args) => {
    expect(check(right(answer), args)).toMatchObject({ id: 'hooks', state: 'green' });
  });

  it.each<[what: string, more: object, args: string[], reason: string]>([
    ['untrusted', { trustStatus: 'untrusted' }, [], 'nobody has trusted it'],
    ['modified', { trustStatus: 'modified' }, [], 'it has changed since it was trusted'],
    ['of a new state', { trustStatus: 'revoked' }, [], 'revoked'],
    ['switched off', { enabled: false }, BYPASS, 'it is switched off'],
  ])('names a hook that is %s, and why it does not run', (_what, more, args, reason) => {
    expect(check(right(list([hook(more)])), args)).toMatchObject({
      state: 'yellow',
      detail: `userPromptSubmit of /h/hooks.json does not run: ${reason}`,
    });
  });

  it.each<[version: string | undefined, transport: 'exec' | 'app-server', runs: boolean]>([
    ['0.140.0', 'exec', false],
    ['0.140.0', 'app-server', true],
    ['0.141.0', 'exec', true],
    [undefined, 'exec', true],
  ])('knows whether codex %s takes the bypass flag on %s: %s', (version, transport, runs) => {
    const hooks = right(list([hook({ trustStatus: 'untrusted' })]));
    const said = version === undefined ? { hooks } : { hooks, version };
    const detail = `userPromptSubmit of /h/hooks.json ${runs ? 'runs' : 'does not run: nobody has trusted it'}`;

    expect(checkHooks(said, { extraArgs: BYPASS, transport })).toMatchObject({ detail });
    const { mend } = checkHooks(said, { extraArgs: [], transport });
    expect(mend).toContain('/hooks');
    expect(mend?.includes(FLAG)).toBe(runs);
  });

  it('lists a hook of two workspaces once, and what codex complains of', () => {
    const one = list([hook({})], { errors: [{ path: '/w', message: 'no TOML' }] });
    const answer = { data: [...one.data, ...list([hook({})], { warnings: ['odd'] }).data] };

    expect(check(right(answer))).toMatchObject({
      state: 'yellow',
      detail: 'userPromptSubmit of /h/hooks.json runs\nno TOML\nodd',
    });
  });

  it('is yellow for an answer of another shape', () => {
    expect(check(right({ data: 'none' }))).toMatchObject({ state: 'yellow' });
  });

  it('is yellow with the reason when codex does not answer', () => {
    expect(check(left('too old'))).toMatchObject({
      state: 'yellow',
      detail: 'this could not be checked: too old',
    });
  });
});
