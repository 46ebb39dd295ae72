import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startOverrides } from '../../../src/codex/app-server/start-overrides.js';

const home = mkdtempSync(path.join(tmpdir(), 'plexum-overrides-'));
afterAll(() => rmSync(home, { recursive: true }));

const ALWAYS = ['thread_unload_delay_secs=0', 'features.goals=false'];
const PERSONALITY = 'personality="pragmatic"';
const overrides = (version: string | undefined, toml: string): string[] => {
  writeFileSync(path.join(home, 'config.toml'), toml);
  return startOverrides(version, { home, reconnectMs: 0, extraArgs: [] });
};

describe('startOverrides', () => {
  it.each([
    ['a version that would write it into config.toml', '0.135.0', '', [...ALWAYS, PERSONALITY]],
    ['a comment of the operator', '0.144.9', '# personality = "x"\n', [...ALWAYS, PERSONALITY]],
    ['a personality of the operator', '0.135.0', 'personality = "friendly"\n', ALWAYS],
    ['a newer version', '0.145.0', '', ALWAYS],
    ['an unknown version', undefined, '', ALWAYS],
    ['a config.toml that cannot be read', '0.135.0', 'personality = ', ALWAYS],
  ])(
    'names the personality only for a version that would write it: %s',
    (_, version, toml, all) => {
      expect(overrides(version, toml)).toEqual(all);
    },
  );

  it('adds the limit of the retries', () => {
    expect(startOverrides('0.169.0', { home, reconnectMs: 5, extraArgs: [] })).toEqual([
      ...ALWAYS,
      'features.unbounded_connection_retries=false',
    ]);
  });
});
