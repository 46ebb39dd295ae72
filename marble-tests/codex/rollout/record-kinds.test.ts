import { describe, expect, it } from 'vitest';
import { unknownRecord } from '../../../src/codex/rollout/record-kinds.js';
import { fixtures, read, recordedVersions } from '../../support/fixtures.js';

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

describe('unknownRecord', () => {
  it.each(recordedVersions)('is undefined for every recorded record of codex %s', (version) => {
    const records = fixtures(version)
      .flatMap((scenario) => read(version, scenario, 'rollout.jsonl').split('\n'))
      .map(parsed);
    expect(records.filter((record) => record !== undefined).length).toBeGreaterThan(100);
    expect(records.flatMap((record) => unknownRecord(record) ?? [])).toEqual([]);
  });

  it.each([
    [{ type: 'later_record' }, 'record later_record'],
    [{ type: 'later_record', payload: { type: 'message' } }, 'record later_record'],
    [{ type: 'event_msg', payload: { type: 'later' } }, 'record event_msg/later'],
    [
      { type: 'response_item', payload: { type: 'later_call', call_id: 'call_a' } },
      'record response_item/later_call',
    ],
    [{ type: 'event_msg', payload: { type: 'message' } }, 'record event_msg/message'],
  ])('returns the kind of %j', (record, kind) => {
    expect(unknownRecord(record)).toBe(kind);
  });

  it.each([
    null,
    5,
    'text',
    [],
    {},
    { type: 5 },
    { type: 'event_msg' },
    { type: 'response_item', payload: { type: 7 } },
  ])('is undefined for %j', (value) => {
    expect(unknownRecord(value)).toBeUndefined();
  });
});
