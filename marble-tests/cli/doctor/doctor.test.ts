import { right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { doctorArgs } from '../../../src/cli/doctor/doctor.js';

describe('doctorArgs', () => {
  const none = {
    workspaces: [],
    turn: false,
    tools: false,
    mend: false,
    json: false,
    appServer: true,
  };

  it.each([
    [[], none],
    [
      ['--turn', '--tools', '--mend', '--json'],
      { ...none, turn: true, tools: true, mend: true, json: true },
    ],
    [
      ['--workspace', '/a/', '--workspace=/b', '--workspace', '/a'],
      { ...none, workspaces: ['/a', '/b'] },
    ],
    [['--no-app-server'], { ...none, appServer: false }],
    [['--help'], 'help'],
    [['-h', '--turn'], 'help'],
  ])('parses %j', (args, asked) => {
    expect(doctorArgs(args)).toEqual(right(asked));
  });

  it.each([
    [['--nope']],
    [['--workspace']],
    [['--workspace', '']],
    [['--workspace', '--turn']],
    [['file']],
    [['--turn=yes']],
    [['-x']],
  ])('rejects %j with a reason', (args) => {
    expect(doctorArgs(args)).toMatchObject({ _tag: 'Left', left: expect.stringMatching(/\S/) });
  });
});
