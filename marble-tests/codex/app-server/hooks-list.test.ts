import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mayHaveHooks } from '../../../src/codex/app-server/hooks-list.js';

describe('mayHaveHooks', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plexum-hooks-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const inside = (...names: string[]) => {
    const made = path.join(folder, ...names);
    mkdirSync(made, { recursive: true });
    return made;
  };

  it.each([
    ['a .codex in the workspace', 'repository/agents/one/.codex', true],
    ['a .codex in a folder between', 'repository/agents/.codex', true],
    ['a .codex in the root of the repository', 'repository/.codex', true],
    ['a .codex above the repository', '.codex', false],
    ['a .codex in another folder', 'repository/agents/two/.codex', false],
  ])('sees %s: %s is %s', (_what, codex, expected) => {
    const workspace = inside('repository', 'agents', 'one');
    inside('repository', '.git');
    inside(...codex.split('/'));
    expect(mayHaveHooks(inside('home'), [workspace])).toBe(expected);
  });

  it('sees hooks and plugins in the home of codex', () => {
    const home = inside('home');
    expect(mayHaveHooks(home, [])).toBe(false);
    writeFileSync(path.join(home, 'config.toml'), '[plugins.x]\n');
    expect(mayHaveHooks(home, [])).toBe(true);
  });
});
