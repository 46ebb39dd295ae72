import { describe, expect, it } from 'vitest';
import { checkDrift, checkWire } from '../../../src/cli/doctor/drift-checks.js';

describe('checkDrift', () => {
  it('lists the unknown kinds with their counts and versions', () => {
    expect(checkDrift([], '/d')).toMatchObject({ state: 'green' });
    expect(
      checkDrift(
        [
          { kind: 'event later', codex: '0.170.0', count: 3 },
          { kind: 'item x', codex: '', count: 1 },
        ],
        '/d.json',
      ),
    ).toMatchObject({
      state: 'yellow',
      detail: expect.stringMatching(/\nevent later: 3 times, codex 0.170.0\nitem x: 1 times$/),
      mend: expect.stringContaining('/d.json'),
    });
  });
});

describe('checkWire', () => {
  it('lists what the daemon sent, and says what to do', () => {
    const check = checkWire(
      [
        { what: 'request', method: 'plexum/a', keys: '{n: number}', count: 2 },
        { what: 'line', method: '', keys: 'nothing', count: 1 },
      ],
      '/p/drift.json',
    );
    expect(check.state).toBe('yellow');
    expect(check.detail).toMatch(
      /\nrequest plexum\/a: 2 times, \{n: number\}\na line that is no JSON: 1 time$/,
    );
    expect(check.mend).toMatch(/PLEXUM_WIRE_LOG=FILE.*remove \/p\/drift\.json$/);
  });
});
