import fc from 'fast-check';
import { concat, from, of, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { oneTerminal } from '../../src/canonical/one-terminal.js';
import { isTerminal, type TurnEvent } from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { toCanonical } from '../../src/codex/events/to-canonical.js';
import { codexSignals } from '../../src/codex/exec/codex-signals.js';
import type { Exited, ProcessSignal } from '../../src/process/run.js';
import { fixtures, read, recordedVersions } from '../support/fixtures.js';
import { holds } from '../support/fuzz.js';
import { chunked, cuts, single } from './chunks.js';
import { collect } from './collect.js';

const stdout = (chunk: Uint8Array): ProcessSignal => ({ type: 'stdout', chunk });
const exited = (stderr = ''): Exited => ({ type: 'exited', code: 0, signal: null, stderr });
const turn = (chunks: readonly Uint8Array[], stderr?: string): TurnEvent[] =>
  collect(
    from([...chunks.map(stdout), exited(stderr)]).pipe(
      codexSignals(),
      toCanonical({ threadId: '' }),
    ),
  );

// The delay until a time of day depends on the clock.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }));
afterEach(() => void vi.useRealTimers());

describe.each(recordedVersions)('a recorded turn of codex %s, in any chunks', (version) => {
  it.each(fixtures(version))('%s has the same events', (scenario) => {
    const bytes = Buffer.from(read(version, scenario, 'stdout.jsonl'));
    const stderr = read(version, scenario, 'stderr.txt');
    const whole = turn([bytes], stderr);

    holds(
      fc.property(cuts, (shares) => {
        expect(turn(chunked(bytes, shares), stderr)).toEqual(whole);
      }),
      // One of about 100 recordings.
      { share: 40 },
    );
    expect(turn(single(bytes), stderr)).toEqual(whole);
  });
});

const types = [
  'thread.started',
  'turn.started',
  'turn.completed',
  'turn.failed',
  'error',
  'item.started',
  'item.updated',
  'item.completed',
  '__proto__',
  '',
];
const items = ['agent_message', 'reasoning', 'error', 'command_execution', 'constructor', ''];
const field = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: value }, fc.jsonValue());

/** A line like an event of codex, with some variations. */
const almost = fc
  .record(
    {
      type: field(fc.constantFrom(...types)),
      thread_id: field(fc.string()),
      item: field(
        fc.record(
          {
            type: field(fc.constantFrom(...items)),
            text: field(fc.string()),
            message: field(fc.string()),
          },
          { requiredKeys: [] },
        ),
      ),
      usage: field(
        fc.record(
          { input_tokens: field(fc.nat()), output_tokens: field(fc.nat()) },
          { requiredKeys: [] },
        ),
      ),
      error: field(fc.record({ message: field(fc.string()) }, { requiredKeys: [] })),
      message: field(fc.string()),
    },
    { requiredKeys: [] },
  )
  .map((event) => Buffer.from(JSON.stringify(event)));
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.json().map((text) => Buffer.from(text)),
  fc.tuple(almost, fc.nat(200)).map(([event, length]) => event.subarray(0, length)),
  almost,
);
const alive =
  '\n{"type":"item.completed","item":{"type":"agent_message","text":"still alive"}}\n{"type":"turn.completed"}';

describe('the chain of a turn, for any bytes on stdout', () => {
  it('neither fails nor completes early', () => {
    holds(
      fc.property(fc.array(noise, { maxLength: 8 }), cuts, fc.string(), (lines, shares, stderr) => {
        const bytes = Buffer.concat([
          ...lines.flatMap((line) => [line, Buffer.from('\n')]),
          Buffer.from(alive),
        ]);
        const events = turn(chunked(bytes, shares), stderr);

        expect(events.slice(-2)).toMatchObject([
          { type: 'text_delta', text: expect.stringMatching(/still alive$/) },
          { type: 'message_end', stop_reason: 'end_turn' },
        ]);
        expect(events.filter(isTerminal)).toHaveLength(1);
      }),
    );
  });

  it('accepts JSON of any depth', () => {
    holds(
      fc.property(
        fc.nat(100_000),
        fc.constantFrom(
          '',
          '{"type":',
          '{"type":"item.completed","item":',
          '{"type":"error","message":',
        ),
        (depth, before) => {
          const nested = `${before}${'['.repeat(depth)}${']'.repeat(depth)}${'}'.repeat(before.split('{').length - 1)}`;

          expect(turn([Buffer.from(nested + alive)])).toMatchObject([
            { type: 'text_delta', text: 'still alive' },
            { type: 'message_end' },
          ]);
        },
      ),
      // Up to 200 KB each.
      { share: 100 },
    );
  });
});

const ending = fc.record(
  {
    type: fc.constant('exited' as const),
    code: fc.option(fc.nat(255)),
    signal: fc.option(fc.constantFrom('SIGINT', 'SIGKILL')),
    stderr: fc.string(),
    cancelled: fc.constant({ reason: 'host', graceMs: 1 } as const),
  },
  { requiredKeys: ['type', 'code', 'signal', 'stderr'] },
);
const signal: fc.Arbitrary<CodexSignal> = fc.oneof(
  ending,
  fc.record({ type: fc.constant('thread.started' as const), thread_id: fc.string() }),
  fc.constant({ type: 'turn.started' } as const),
  fc.constant({ type: 'turn.completed' } as const),
  fc.record({
    type: fc.constant('turn.failed' as const),
    error: fc.record({ message: fc.string() }),
  }),
  fc.record({ type: fc.constant('error' as const), message: fc.string() }),
  fc.record({
    type: fc.constantFrom('item.started', 'item.updated', 'item.completed'),
    item: fc.record({ type: fc.constantFrom('agent_message', 'reasoning'), text: fc.string() }),
  }),
  fc.record({ type: fc.constant('unrecognised' as const), kind: fc.string() }),
);

describe('the chain of a turn, for any signals', () => {
  it('emits exactly one terminal event, as the last event', () => {
    const held = oneTerminal(
      () => ownFailure('internal', 'missing'),
      () => ownFailure('internal', 'failed'),
    );

    holds(
      fc.property(fc.array(signal), fc.boolean(), (signals, fails) => {
        const signal$ = concat(from(signals), fails ? throwError(() => new Error('gone')) : of());
        const loose = collect(from(signals).pipe(toCanonical({ threadId: '' })));
        const events = collect(signal$.pipe(toCanonical({ threadId: '' }), held));

        const first = loose.findIndex(isTerminal);
        const expected =
          first === -1
            ? [...loose, ownFailure('internal', fails ? 'failed' : 'missing')]
            : loose.slice(0, first + 1);
        expect(events).toEqual(expected);
        expect(events.filter(isTerminal)).toEqual(events.slice(-1));
      }),
    );
  });
});
