import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, NEVER, toArray } from 'rxjs';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { codexVersion } from '../../../src/codex/exec/codex-version.js';
import { endWithParent } from '../../../src/process/parent-death.js';

const root = mkdtempSync(path.join(tmpdir(), 'plexum-version-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A folder with scripts by name, as the only one before the system's on PATH. */
const machineWith = (scripts: Readonly<Record<string, string>>) => {
  const dir = mkdtempSync(path.join(root, 'bin-'));
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(path.join(dir, name), `#!/bin/sh\necho ${name} >> ${dir}/starts\n${script}\n`, {
      mode: 0o755,
    });
  const env = { PATH: `${dir}:${process.env['PATH'] ?? ''}` };
  const file = path.join(dir, 'codex');
  return {
    file,
    version$: codexVersion({ file, env: {} }, env),
    starts: () => readFileSync(`${dir}/starts`, 'utf8').trim().split('\n'),
    /** How a turn would run, where a probe never ends. */
    turn: () =>
      firstValueFrom(
        endWithParent(
          { file, args: [], cwd: root, env, stdin: '', endsWithParent: true },
          () => NEVER,
        ),
      ),
  };
};

const SAYS = 'echo codex-cli 0.171.0';

describe('codexVersion', () => {
  it('emits the version of a program that has printed it and still runs', async () => {
    const { version$ } = machineWith({ codex: `${SAYS}; exec sleep 60` });

    expect(await firstValueFrom(version$)).toBe('0.171.0');
  });

  it('emits a version without a line end at the end of the program', async () => {
    const { version$ } = machineWith({ codex: 'printf "codex-cli 0.17"; printf 1.0' });

    expect(await lastValueFrom(version$)).toBe('0.171.0');
  });

  it('starts the program once for several subscribers, and never again', async () => {
    const { version$, starts } = machineWith({ codex: SAYS });
    const both = await Promise.all([lastValueFrom(version$), lastValueFrom(version$)]);

    expect([...both, await lastValueFrom(version$)]).toEqual(Array(3).fill('0.171.0'));
    expect(starts()).toEqual(['codex']);
  });

  it('emits the version also where TMPDIR is missing', async () => {
    vi.stubEnv('TMPDIR', path.join(root, 'absent'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const { version$ } = machineWith({ codex: SAYS });

    expect(await lastValueFrom(version$)).toBe('0.171.0');
  });

  it('emits undefined, once, for a program that prints no version', async () => {
    const { version$ } = machineWith({ codex: 'exit 3' });

    expect(await lastValueFrom(version$.pipe(toArray()))).toEqual([undefined]);
  });
});

describe.runIf(process.platform === 'linux')('codexVersion through setpriv', () => {
  it('asks through setpriv, so that no turn has to probe it', async () => {
    const { version$, starts, turn } = machineWith({
      codex: SAYS,
      setpriv: 'shift 3; exec "$@"',
    });

    expect(await lastValueFrom(version$)).toBe('0.171.0');
    expect(starts()).toEqual(['setpriv', 'codex']);
    expect((await turn()).file).toMatch(/setpriv$/);
  });

  it('asks without setpriv where that fails, and no turn uses it', async () => {
    const { file, version$, starts, turn } = machineWith({
      codex: SAYS,
      setpriv: 'echo "setpriv: unrecognized option" >&2; exit 1',
    });

    expect(await lastValueFrom(version$)).toBe('0.171.0');
    expect(starts()).toEqual(['setpriv', 'codex']);
    expect((await turn()).file).toBe(file);
  });

  it('leaves setpriv to the probe of a turn when the program prints no version', async () => {
    const { version$, starts } = machineWith({ codex: 'exit 3', setpriv: 'shift 3; exec "$@"' });

    expect(await lastValueFrom(version$)).toBeUndefined();
    expect(starts()).toEqual(['setpriv', 'codex', 'codex']);
  });
});
