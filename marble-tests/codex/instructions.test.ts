import { describe, expect, it } from 'vitest';
import {
  InstructionsError,
  instructionsOverride,
} from '../../src/codex/exec/instructions-override.js';
import { joinedInstructions, operatorInstructions } from '../../src/codex/instructions.js';

const given = { text: 'be "brief"\n\u007f', isChanged: false };

describe('operatorInstructions', () => {
  it.each([
    ['none', [], ''],
    ['those of config.toml', [], 'of the file'],
    ['those of extra_args', ['-c', 'developer_instructions="of a"'], 'of a'],
    [
      'the last of extra_args',
      ['-cdeveloper_instructions="a"', '--config=developer_instructions="b"'],
      'b',
    ],
    ['a value that is no TOML', ['-c', 'developer_instructions=as it is'], 'as it is'],
  ])('are %s', (what, args, text) => {
    const settings = what === 'none' ? {} : { developer_instructions: 'of the file' };
    expect(operatorInstructions(settings, args)).toBe(text);
  });
});

describe('joinedInstructions', () => {
  it('are the operator’s, then the host’s', () => {
    expect(joinedInstructions(given, 'own')).toBe(`own\n\n${given.text}`);
    expect(joinedInstructions(given, '')).toBe(given.text);
  });

  it('are none without those of the host', () => {
    expect(joinedInstructions(undefined, 'own')).toBeUndefined();
    expect(joinedInstructions({ text: '', isChanged: true }, 'own')).toBeUndefined();
  });
});

describe('instructionsOverride', () => {
  it('is one TOML string', () => {
    expect(instructionsOverride(given, '')).toEqual([
      '-c',
      'developer_instructions="be \\"brief\\"\\n\\u007F"',
    ]);
    expect(instructionsOverride(undefined, 'own')).toEqual([]);
  });

  it('takes what one argument of Linux has room for, and refuses a byte more', () => {
    const most = 131_071 - 'developer_instructions=""'.length;
    const text = (size: number) => ({
      text: 'é'.repeat(size / 2) + 'a'.repeat(size % 2),
      isChanged: false,
    });
    expect(instructionsOverride(text(most), '')).toHaveLength(2);
    expect(() => instructionsOverride(text(most + 1), '')).toThrow(InstructionsError);
  });
});
