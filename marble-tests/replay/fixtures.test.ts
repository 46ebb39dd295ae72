import { lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { isTerminal } from '../../src/canonical/turn-event.js';
import { toCanonical } from '../../src/codex/events/to-canonical.js';
import type { Exited, ProcessSignal } from '../../src/codex/exec/codex-run.js';
import { codexSignals } from '../../src/codex/exec/codex-signals.js';
import { fixtures, read } from '../support/fixtures.js';

/** `code=0 signal=null ms=442` as it was recorded. */
const exited = (text: string, stderr: string): Exited => {
  const [, code = '', signal = ''] = /code=(\S+) signal=(\S+)/.exec(text) ?? [];
  return { type: 'exited', code: code === 'null' ? null : Number(code), signal: signal === 'null' ? null : signal, stderr };
};

describe.each(['0.135.0', '0.169.0'])('recorded turns of codex %s', (version) => {
  it.each(fixtures(version))('%s', async (scenario) => {
    const signals: ProcessSignal[] = [
      { type: 'stdout', chunk: Buffer.from(read(version, scenario, 'stdout.jsonl')) },
      exited(read(version, scenario, 'exit.txt'), read(version, scenario, 'stderr.txt')),
    ];
    const events = await lastValueFrom(of(...signals).pipe(codexSignals(), toCanonical({ threadId: '' }), toArray()));

    expect(events).toMatchSnapshot();
    expect(events.filter(isTerminal)).toEqual(events.slice(-1));
  });

  it.each(fixtures(version))('%s has no line that is malformed or unrecognised', async (scenario) => {
    const chunk = Buffer.from(read(version, scenario, 'stdout.jsonl'));
    const decoded = await lastValueFrom(of<ProcessSignal[]>({ type: 'stdout', chunk }).pipe(codexSignals(), toArray()));

    expect(decoded.filter(({ type }) => type === 'malformed' || type === 'unrecognised')).toEqual([]);
  });
});
