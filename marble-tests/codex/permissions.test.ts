import { describe, expect, it } from 'vitest';
import {
  type Asked,
  differencesOf,
  type Granted,
  grantedIn,
  refusalOf,
} from '../../src/codex/permissions.js';

const asked: Asked = { sandbox: 'read-only', approval: 'never', model: 'm', cwd: ['/w', '/real'] };
const granted: Granted = {
  sandbox: 'read-only',
  hasNetwork: false,
  approval: 'never',
  model: 'm',
  cwd: '/real',
  profile: undefined,
};

describe('grantedIn', () => {
  it('reads the answer of an app-server and the record of a turn alike', () => {
    const profile = { id: 'dev', extends: null };
    const answer = {
      thread: { id: 'T1' },
      model: 'm',
      cwd: '/w',
      approvalPolicy: 'on-request',
      sandbox: { type: 'workspaceWrite', networkAccess: true },
      activePermissionProfile: profile,
    };
    const record = {
      type: 'turn_context',
      payload: {
        model: 'm',
        cwd: '/w',
        approval_policy: 'on-request',
        sandbox_policy: { type: 'workspace-write', network_access: true },
        active_permission_profile: profile,
      },
    };

    expect(grantedIn(answer)).toEqual({
      sandbox: 'workspace-write',
      hasNetwork: true,
      approval: 'on-request',
      model: 'm',
      cwd: '/w',
      profile: 'dev',
    });
    expect(grantedIn(record)).toEqual(grantedIn(answer));
  });

  it('reads settings without a sandbox, and an approval policy of parts', () => {
    const payload = { model: 'm', approval_policy: { granular: { rules: true } } };

    expect(grantedIn({ type: 'turn_context', payload })).toMatchObject({
      sandbox: undefined,
      approval: '{"granular":{"rules":true}}',
    });
  });

  it.each([null, {}, { type: 'turn_context' }, { thread: 'T1' }])('ignores %j', (value) => {
    expect(grantedIn(value)).toBeUndefined();
  });
});

describe('refusalOf', () => {
  it.each<[wanted: string | undefined, given: string | undefined, isRefused: boolean]>([
    ['read-only', 'read-only', false],
    ['read-only', 'workspace-write', true],
    ['read-only', 'external-sandbox', true],
    ['read-only', 'danger-full-access', true],
    ['workspace-write', 'read-only', false],
    ['workspace-write', 'workspace-write', false],
    ['workspace-write', 'external-sandbox', true],
    ['workspace-write', 'danger-full-access', true],
    ['workspace-write', 'a-new-one', true],
    ['danger-full-access', 'workspace-write', false],
    ['danger-full-access', 'danger-full-access', false],
    ['danger-full-access', 'a-new-one', false],
    [undefined, 'danger-full-access', false],
    ['read-only', undefined, false],
  ])('asked for %s, and given %s: refused %s', (wanted, given, isRefused) => {
    const refusal = refusalOf({ ...asked, sandbox: wanted }, { ...granted, sandbox: given });

    expect(refusal !== undefined).toBe(isRefused);
  });

  it('says what was asked and what codex answered, when it does not know the sandbox', () => {
    expect(refusalOf(asked, { ...granted, sandbox: 'quantum' })).toMatch(
      /^the sandbox may be weaker than asked: .* read-only, .* "quantum", .* does not know; update/,
    );
  });

  it('refuses a network that a read-only sandbox does not have', () => {
    expect(refusalOf(asked, { ...granted, hasNetwork: true })).toContain('with network access');
  });

  it('names the permission profile', () => {
    expect(refusalOf(asked, { ...granted, sandbox: 'workspace-write', profile: 'dev' })).toMatch(
      /^the sandbox is weaker than asked: .* ask for read-only, .* workspace-write, .*"dev"/,
    );
  });
});

describe('differencesOf', () => {
  it('finds none in what was asked, by either name of the folder', () => {
    expect(differencesOf(asked, granted)).toEqual([]);
    expect(differencesOf(asked, { ...granted, cwd: '/w' })).toEqual([]);
  });

  it('ignores what was not asked, and what codex does not say', () => {
    const nothing = { sandbox: undefined, approval: undefined, model: undefined, cwd: undefined };

    expect(differencesOf(nothing, granted)).toEqual([]);
    expect(differencesOf(asked, { ...granted, ...nothing })).toEqual([]);
  });

  it('names each difference with what was asked', () => {
    const others = { sandbox: 'workspace-write', approval: 'on-request', model: 'n', cwd: '/x' };

    expect(differencesOf(asked, { ...granted, ...others })).toEqual([
      expect.stringContaining('sandbox than asked: workspace-write instead of read-only'),
      expect.stringContaining('approval policy than asked: on-request instead of never'),
      expect.stringContaining('model than asked: n instead of m'),
      expect.stringContaining('working directory than asked: /x instead of /w'),
    ]);
  });
});
