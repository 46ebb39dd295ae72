import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { codexCan } from '../../src/codex/versions.js';
import { codexVersion, type Lab, openLab, realCodex, transport } from '../support/lab.js';

/** What the operator's config.toml says of the workspace. */
const SAID = ['nothing', 'trusted', 'untrusted', 'a comment', 'untrusted root'] as const;
const RESTRICTED = ['--sandbox', 'workspace-write'] as const;
const FULL = ['--sandbox', 'danger-full-access'] as const;
const CASES = ([[], RESTRICTED, FULL] as const).flatMap((args) =>
  SAID.flatMap((said) => (['workspace', 'root'] as const).map((where) => ({ args, said, where }))),
);

const tomlOf = (said: (typeof SAID)[number], workspace: string, root: string): string => {
  if (said === 'nothing') return '';
  if (said === 'a comment') return `\n# not ${JSON.stringify(workspace)}\n`;
  const [name, level] = said === 'untrusted root' ? [root, 'untrusted'] : [workspace, said];
  return `\n[projects.${JSON.stringify(name)}]\ntrust_level = "${level}"\n`;
};

/** A repository whose `.codex` starts a program, and what the program leaves; `home` is
 * that of codex. */
const prepare = (lab: Lab, { said, where }: (typeof CASES)[number], name: string, home: string) => {
  const root = lab.at(name);
  const workspace = where === 'root' ? path.join(root, 'inner') : root;
  mkdirSync(workspace, { recursive: true });
  mkdirSync(path.join(root, '.codex'));
  spawnSync('git', ['init', '-q', root], { env: lab.env });
  const mark = lab.at(`${name}.ran`);
  writeFileSync(
    path.join(root, '.codex/config.toml'),
    `[mcp_servers.own]\ncommand = "/bin/sh"\nargs = ["-c", "echo ran > ${mark}"]\n`,
  );
  writeFileSync(path.join(root, 'AGENTS.md'), 'The word is marzipan.\n');
  mkdirSync(lab.at(home), { recursive: true });
  const config = lab.at(home, 'config.toml');
  writeFileSync(config, lab.model.configToml + tomlOf(said, workspace, root));
  return { workspace, mark, config, before: readFileSync(config, 'utf8') };
};

/** Whether the last request to the model has the words of AGENTS.md. */
const readsAgents = (lab: Lab): boolean =>
  JSON.stringify(lab.model.requests.at(-1)).includes('marzipan');

describe(`trust of a workspace, codex ${codexVersion} on ${transport}`, () => {
  it.each(CASES)(
    'gives no more than plain codex: $args, config.toml says $said, .codex in the $where',
    async (given) => {
      await using lab = await openLab(() => [{ text: 'done' }]);
      const plain = prepare(lab, given, 'plain', 'codex-of-plain');
      const sandbox =
        given.args.length === 0 ? ['--dangerously-bypass-approvals-and-sandbox'] : given.args;
      const plainTurn = execa(
        realCodex,
        ['exec', '--json', '--skip-git-repo-check', ...sandbox, '-'],
        {
          cwd: plain.workspace,
          env: { ...lab.env, CODEX_HOME: lab.at('codex-of-plain') },
          extendEnv: false,
          input: 'hello',
          reject: false,
        },
      );
      const ours = prepare(lab, given, 'ours', 'codex');
      lab.configure({ binary: realCodex, extra_args: given.args });
      const plugin = await lab.start();
      const answer = await plugin.stream(turnParams(ours.workspace, 'hello')).response;

      expect((await plainTurn).exitCode).toBe(0);
      const plainRan = existsSync(plain.mark);
      expect(answer['result'].outcome).toBe('completed');
      expect({ config: readFileSync(ours.config, 'utf8') }).toEqual({ config: ours.before });
      // The operator's word counts as it does for plain codex; without one, at most as much.
      if (given.said === 'trusted') expect(existsSync(ours.mark)).toBe(plainRan);
      else expect(existsSync(ours.mark) && !plainRan).toBe(false);
      if (given.said.startsWith('untrusted')) expect(existsSync(ours.mark)).toBe(false);
      if (given.args === RESTRICTED && given.said !== 'trusted')
        expect(existsSync(ours.mark)).toBe(false);
      // Without a sandbox an older `codex exec` trusts by itself, in whatever words it is asked.
      if (given.args !== RESTRICTED && given.where === 'workspace' && transport === 'exec')
        expect(existsSync(ours.mark)).toBe(plainRan);
    },
  );

  it('tells that a hook has blocked the prompt, in its own words where codex gives them', async () => {
    await using lab = await openLab(() => [{ text: 'done' }]);
    // It reads its input: codex 0.135 lets a prompt pass when a hook ends before it is written.
    const hook = { type: 'command', command: 'cat > /dev/null; echo not today >&2; exit 2' };
    writeFileSync(
      lab.at('codex/hooks.json'),
      JSON.stringify({ hooks: { UserPromptSubmit: [{ hooks: [hook] }] } }),
    );
    lab.configure({ binary: realCodex, extra_args: ['--dangerously-bypass-hook-trust'] });
    const plugin = await lab.start();
    const end = await plugin.stream(turnParams(lab.workspace, 'hello')).ended;

    // An older `codex exec` takes the flag, and runs no hook that is not trusted.
    const isBlocked = transport === 'app-server' || codexCan(codexVersion, 'bypassesHookTrust');
    expect(end).toMatchObject(
      isBlocked
        ? {
            type: 'error',
            kind: 'content_filtered',
            message: expect.stringContaining(transport === 'exec' ? 'a hook' : 'not today'),
          }
        : { type: 'message_end', stop_reason: 'end_turn' },
    );
    expect(lab.model.requests).toHaveLength(isBlocked ? 0 : 1);
  });

  it('reads AGENTS.md of a repository without a .codex folder', async () => {
    await using lab = await openLab(() => [{ text: 'done' }]);
    spawnSync('git', ['init', '-q', lab.workspace], { env: lab.env });
    writeFileSync(path.join(lab.workspace, 'AGENTS.md'), 'The word is marzipan.\n');
    const before = readFileSync(lab.at('codex/config.toml'), 'utf8');
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'hello')).response;
    expect(readsAgents(lab)).toBe(true);
    expect(readFileSync(lab.at('codex/config.toml'), 'utf8')).toBe(before);
  });
});
