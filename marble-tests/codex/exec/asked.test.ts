import { describe, expect, it } from 'vitest';
import { askedOf } from '../../../src/codex/exec/asked.js';

const turn = { model: undefined, cwd: ['/w'] };
const FULL = 'danger-full-access';

describe('askedOf', () => {
  it.each<[args: string[], sandbox: string | undefined]>([
    [[], FULL],
    [['-s', 'read-only'], 'read-only'],
    [['-sread-only'], 'read-only'],
    [['--sandbox=workspace-write'], 'workspace-write'],
    [['-s', FULL], FULL],
    [[`--sandbox=${FULL}`], FULL],
    [['-c', `sandbox_mode="${FULL}"`], FULL],
    [['--full-auto'], 'workspace-write'],
    [['--approve-for-me'], undefined],
    [['-c', 'sandbox_mode="read-only"'], 'read-only'],
    [['--config=sandbox_mode=read-only'], 'read-only'],
    [['-c', 'sandbox_mode="read-only"', '-s', 'workspace-write'], 'workspace-write'],
    [['-s', 'read-only', '--yolo'], FULL],
    [['-c', 'default_permissions="dev"'], undefined],
    [['--add-dir', '/x'], FULL],
  ])('reads the sandbox of %j', (args, sandbox) => {
    expect(askedOf(args, turn)).toMatchObject({ sandbox });
  });

  it('takes the model of the turn before that of the operator', () => {
    expect(askedOf(['-m', 'n'], turn)).toMatchObject({ model: 'n' });
    expect(askedOf(['--model=n'], { ...turn, model: 'm' })).toMatchObject({ model: 'm' });
  });

  it('leaves to codex what the operator decides in another way', () => {
    const args = ['-c', 'approval_policy="on-request"', '-C', '/x'];

    expect(askedOf(args, turn)).toMatchObject({ approval: undefined, cwd: undefined });
    expect(askedOf(['--approve-for-me'], turn)).toMatchObject({ approval: undefined });
    expect(askedOf([], turn)).toMatchObject({ approval: 'never', cwd: ['/w'] });
  });

  it('takes no word of approval from the value of something else', () => {
    const args = ['--add-dir', '/auto', '-c', 'model_auto_compact_token_limit=1', '-pautomatic'];

    expect(askedOf(args, turn)).toMatchObject({ approval: 'never' });
  });
});
