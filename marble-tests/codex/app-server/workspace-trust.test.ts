import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { workspaceTrust } from '../../../src/codex/app-server/workspace-trust.js';

let root: string;
let home: string;
let workspace: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'trust-'));
  home = path.join(root, 'home', '.codex');
  workspace = path.join(root, 'repository', 'workspace');
  for (const folder of [home, workspace]) mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const levels = (level: string) => ({ projects: { [workspace]: { trust_level: level } } });

describe('workspaceTrust', () => {
  it('says nothing of a workspace without a .codex folder', () => {
    expect(workspaceTrust(workspace, home, '0.169.0')).toEqual({ config: {} });
  });

  it('distrusts a workspace with a .codex folder, with a warning', () => {
    mkdirSync(path.join(workspace, '.codex'));
    expect(workspaceTrust(workspace, home, '0.169.0')).toEqual({
      config: levels('untrusted'),
      warning: expect.stringContaining('does not trust'),
    });
  });

  it('distrusts a workspace whose repository has a .codex folder', () => {
    mkdirSync(path.join(root, 'repository', '.git'));
    mkdirSync(path.join(root, 'repository', '.codex'));
    expect(workspaceTrust(workspace, home, '0.169.0').config).toEqual(levels('untrusted'));
  });

  it('leaves the choice to a config.toml that names the workspace', () => {
    mkdirSync(path.join(workspace, '.codex'));
    writeFileSync(path.join(home, 'config.toml'), `[projects.${JSON.stringify(workspace)}]\n`);
    expect(workspaceTrust(workspace, home, '0.169.0')).toEqual({ config: {} });
  });

  it('trusts the workspace of an older codex, which would write that into config.toml', () => {
    mkdirSync(path.join(workspace, '.codex'));
    expect(workspaceTrust(workspace, home, '0.135.0')).toEqual({ config: levels('trusted') });
  });

  it('does not count the folder of codex’s own config', () => {
    expect(workspaceTrust(path.dirname(home), home, '0.169.0')).toEqual({ config: {} });
  });
});
