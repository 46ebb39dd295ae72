import { describe, expect, it } from 'vitest';
import { wantsColor } from '../../src/cli/command.js';

describe('wantsColor', () => {
  it.each<[boolean, NodeJS.ProcessEnv, boolean]>([
    [true, {}, true],
    [true, { TERM: 'xterm', NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '0' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('returns for terminal %j and environment %j: %j', (isTty, env, wanted) => {
    expect(wantsColor(isTty, env)).toBe(wanted);
  });
});
