import { describe, expect, it } from 'vitest';
import { checkWire } from '../../../src/cli/doctor/wire-check.js';

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
