import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutLine } from '../../src/codex/rollout/patch.js';
import type { Op } from '../../src/session/call-edits.js';
import { callLines } from '../../src/session/call-lines.js';
import { patchLine } from '../../src/session/patch-line.js';
import { holdsLater } from '../support/fuzz.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'call-lines-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const ops = new Map<string, Op>([
  ['call_1', 'consume-light'],
  ['call_ü', 'consume-heavy'],
  ['a"b\\', 'consume-heavy'],
]);

/** An object with each key once, mostly in codex's order. */
const object = (fields: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> => {
  const members = Object.entries(fields).map(([key, value]) =>
    value.map((text) => `"${key}":${text}`),
  );
  return fc
    .tuple(fc.tuple(...members), fc.nat(3), fc.shuffledSubarray(members.map((_, i) => i)))
    .map(([all, same, order]) => `{${(same > 0 ? all : order.map((i) => all[i])).join(',')}}`);
};
const text = (...texts: string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.nat(9))
    .map(([each, odd]) =>
      odd > 0
        ? JSON.stringify(each)
        : `"${each.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`,
    );

const callId = text('call_1', 'call_2', 'call_ü', 'a"b\\');
const anything = fc.oneof(
  text(
    'ok',
    '',
    '"call_id":"call_1"',
    '{"type":"function_call_output","call_id":"call_1"}\n',
    'é\\',
  ),
  fc.constant('{"call_id":"call_1","type":"function_call"}'),
  fc.constant('[{"type":"input_text","text":"call_1"}]'),
  fc.constant('null'),
);
const kind = text(
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'message',
  'reasoning',
);
const item = fc.oneof(
  object({ type: kind, call_id: callId, output: anything }),
  object({ type: kind, id: text('fc_1', 'x'), arguments: anything, call_id: callId }),
  object({ type: kind, action: anything, input: anything, call_id: callId, output: anything }),
);
const payload = fc.oneof(
  { weight: 3, arbitrary: item },
  {
    weight: 1,
    arbitrary: object({
      message: anything,
      replacement_history: fc.array(item, { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    }),
  },
);
const timestamp = text('2026-11-20T23:43:57.015Z', '', 'a " \\');
const type = text('response_item', 'response_item', 'compacted', 'event_msg');
const record = fc.oneof(
  object({ timestamp, type, payload }),
  object({ timestamp, ordinal: fc.nat().map(String), type, payload }),
);
const line = fc
  .tuple(
    record,
    fc.constantFrom('', '', '', '   ', '\r', 'spaced', 'cut', 'long'),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([whole, end, share]) => {
    if (end === 'spaced') return JSON.stringify(JSON.parse(whole), null, 1).replaceAll('\n', ' ');
    if (end === 'cut') return whole.slice(0, Math.round(whole.length * share));
    // So that a block ends within it, or within one of the next lines.
    if (end === 'long')
      return whole.replace('"ok"', `"${'x'.repeat(400_000 + Math.round(800_000 * share))}"`);
    return whole + end;
  });

const naive = (bytes: Buffer): RolloutLine[] => {
  let offset = 0;
  return bytes
    .toString('latin1')
    .split('\n')
    .map((each) => {
      const own = { offset, bytes: Buffer.from(each, 'latin1') };
      offset += each.length + 1;
      return own;
    });
};
const patches = (lines: readonly RolloutLine[]): unknown[] =>
  lines.map((each) => patchLine(each, ops)).filter(({ touched }) => touched.length > 0);

describe('callLines', () => {
  it('emits every line that needs a patch, in any notation', async () => {
    await holdsLater(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('', '\n'),
        async (lines, last) => {
          const bytes = Buffer.from(lines.join('\n') + last);
          const file = path.join(folder, 'rollout.jsonl');
          writeFileSync(file, bytes);
          const found = await lastValueFrom(callLines(file, new Set(ops.keys())).pipe(toArray()));

          expect(patches(found)).toEqual(patches(naive(bytes)));
        },
      ),
      { share: 4 },
    );
  });
});
