import fc from 'fast-check';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { noUsage, type Terminal } from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import { toolOutput } from '../../src/codex/rollout/tool-output.js';
import { turnRecords } from '../../src/codex/rollout/turn-records.js';
import { parseJson } from '../../src/lines/parse-json.js';
import { splitLines } from '../../src/lines/split-lines.js';
import type { Op } from '../../src/session/call-edits.js';
import { patchLine } from '../../src/session/patch-line.js';
import { holds } from '../support/fuzz.js';
import { chunked, cuts } from './chunks.js';
import { collect } from './collect.js';
import { faultsOf } from './grammar.js';
import { anyJson, half, mostly, noise } from './json-text.js';
import { output, record, records, THREAD } from './records.js';

const terminals: readonly Terminal[] = [
  { type: 'message_end', stop_reason: 'end_turn', usage: noUsage, thread_id: THREAD },
  ownFailure('internal', 'no'),
];

describe('turnRecords', () => {
  it('keeps the grammar of a turn for any rollout, in any chunks', () => {
    holds(
      fc.property(
        records,
        cuts,
        fc.constantFrom(...terminals),
        fc.option(fc.constant(noUsage), { nil: undefined }),
        (bytes, shares, terminal, total) => {
          const told: number[] = [];
          const turn = {
            threadId: THREAD,
            total,
            terminal,
            onMalformed: (lines: number) => told.push(lines),
          };
          const events = collect(
            from(chunked(bytes, shares)).pipe(splitLines(), parseJson(), turnRecords(turn)),
          );

          expect(faultsOf(events)).toEqual([]);
          // A turn in which nothing was said ends as an error.
          expect([terminal.type, 'error']).toContain(events.at(-1)?.type);
          expect(told.length).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('toolOutput', () => {
  it('returns a text for any output', () => {
    holds(
      fc.property(mostly(output), (text) => {
        const said = toolOutput(JSON.parse(text));

        expect([typeof said.text, typeof said.failed]).toEqual(['string', 'boolean']);
      }),
    );
  });
});

const ops = fc
  .dictionary(
    fc.constantFrom('call_1', 'call_2', 'call_ü', 'a"b\\', ''),
    fc.constantFrom<Op>('consume-light', 'consume-heavy'),
  )
  .map((given) => new Map(Object.entries(given)));
const line = fc.oneof(
  { weight: 12, arbitrary: mostly(record).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(record, fc.nat(60))
      .map(([text, spaces]) => Buffer.from(text + ' '.repeat(spaces))),
  },
  { weight: 1, arbitrary: half(record) },
  { weight: 1, arbitrary: noise },
  {
    weight: 1,
    arbitrary: fc.tuple(half(record), noise, half(record)).map((parts) => Buffer.concat(parts)),
  },
  { weight: 1, arbitrary: anyJson.map((text) => Buffer.from(text)) },
);
const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
};

describe('patchLine', () => {
  it('keeps the length of any line, keeps JSON valid, and is idempotent', () => {
    holds(
      fc.property(line, ops, fc.nat(1_000), (bytes, wanted, offset) => {
        const before = Buffer.from(bytes);
        const { touched, patch } = patchLine({ offset, bytes }, wanted);

        expect(bytes.equals(before)).toBe(true);
        expect(touched.filter((id) => !wanted.has(id))).toEqual([]);
        if (patch === undefined) return;
        expect(isJson(bytes)).toBe(true);
        expect(patch.offset).toBeGreaterThanOrEqual(offset);
        expect(patch.offset + patch.length).toBe(offset + bytes.length);
        expect(patch.text.length).toBeLessThanOrEqual(patch.length);
        const after = Buffer.concat([
          bytes.subarray(0, patch.offset - offset),
          patch.text,
          Buffer.alloc(patch.length - patch.text.length, ' '),
        ]);
        expect(isJson(after)).toBe(true);
        expect(patchLine({ offset, bytes: after }, wanted)).toEqual({ touched });
      }),
    );
  });
});
