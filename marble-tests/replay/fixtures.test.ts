import { lastValueFrom, of, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isTerminal } from '../../src/canonical/turn-event.js';
import { itemCodecs } from '../../src/codex/events/codex-item.js';
import { toCanonical } from '../../src/codex/events/to-canonical.js';
import { codexSignals } from '../../src/codex/exec/codex-signals.js';
import type { ProcessSignal } from '../../src/process/run.js';
import { fixtures, read, recordedTurn, recordedVersions } from '../support/fixtures.js';

// The delay until a time of day depends on the clock.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }));
afterEach(() => void vi.useRealTimers());

it('has a recorded turn with each kind of item', () => {
  const printed = recordedVersions.flatMap((version) =>
    fixtures(version).map((scenario) => read(version, scenario, 'stdout.jsonl')),
  );
  expect(
    [...itemCodecs.keys()].filter((type) => !printed.join().includes(`"type":"${type}"`)),
    'record a turn with it, as marble-tests/fixtures/README.md says',
  ).toEqual([]);
});

describe.each(recordedVersions)('recorded turns of codex %s', (version) => {
  it.each(fixtures(version))('%s', async (scenario) => {
    const events = await lastValueFrom(
      of(...recordedTurn(version, scenario)).pipe(
        codexSignals(),
        toCanonical({ threadId: '', timeZone: 'UTC' }),
        toArray(),
      ),
    );

    expect(events).toMatchSnapshot();
    expect(events.filter(isTerminal)).toEqual(events.slice(-1));
  });

  it.each(fixtures(version))('%s has no malformed and no unrecognised line', async (scenario) => {
    const chunk = Buffer.from(read(version, scenario, 'stdout.jsonl'));
    const decoded = await lastValueFrom(
      of<ProcessSignal[]>({ type: 'stdout', chunk }).pipe(codexSignals(), toArray()),
    );

    expect(decoded.filter(({ type }) => type === 'malformed' || type === 'unrecognised')).toEqual(
      [],
    );
  });
});
