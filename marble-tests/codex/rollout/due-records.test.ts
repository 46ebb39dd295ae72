import { describe, expect, it } from 'vitest';
import { createDueRecords } from '../../../src/codex/rollout/due-records.js';
import type { Parsed } from '../../../src/lines/parse-json.js';

const event = (payload: object): unknown => ({ type: 'event_msg', payload });
const item = (payload: object): unknown => ({ type: 'response_item', payload });
/**
 * The records of a rollout: M R the word that a message or reasoning is told, m r themselves, c a
 * call, o its output, t tokens, k a compaction, b a turn's begin.
 */
const values: Record<string, unknown> = {
  M: event({ type: 'item_completed', item: { type: 'AgentMessage' } }),
  A: event({ type: 'agent_message', message: 'hi' }),
  R: event({ type: 'item_completed', item: { type: 'Reasoning' } }),
  m: item({ type: 'message', role: 'assistant' }),
  r: item({ type: 'reasoning' }),
  c: item({ type: 'function_call' }),
  o: item({ type: 'function_call_output' }),
  u: { type: 'token_usage_record', payload: {} },
  t: event({ type: 'token_count' }),
  k: { type: 'compacted', payload: {} },
  b: event({ type: 'task_started' }),
};
const letters = new Map<unknown, string>(
  Object.entries(values).map(([letter, value]) => [value, letter]),
);
const letterOf = (record: Parsed): string =>
  record.type === 'json' ? (letters.get(record.value) ?? '?') : '#';

/**
 * Each step is what was said, and the records that a look finds; emitted are those that are due.
 */
const looks = (...steps: readonly (readonly [said: number, records: string])[]): string[] => {
  const due = createDueRecords();
  return steps.map(([said, records]) =>
    [
      ...due.release(said),
      ...records
        .split('')
        .flatMap((letter) =>
          due.add(
            letter === '#'
              ? { type: 'malformed', reason: '', sample: '' }
              : { type: 'json', value: values[letter] },
            said,
          ),
        ),
    ]
      .map(letterOf)
      .join(''),
  );
};

describe('createDueRecords', () => {
  it('gives what stands before the next message, and holds what comes behind', () => {
    expect(looks([0, 'coMmco'], [0, ''], [1, 'Mm'], [2, ''])).toEqual(['coM', '', 'mcoM', 'm']);
  });

  it('counts reasoning as codex tells it', () => {
    expect(looks([0, 'RrMmc'], [1, ''], [2, 'o'])).toEqual(['R', 'rM', 'mco']);
  });

  it('passes on what is no record, in its place', () => {
    expect(looks([0, '#Mm#'], [1, ''])).toEqual(['#M', 'm#']);
  });

  it('holds all behind a summary until the compaction stands there, and not longer', () => {
    expect(looks([1, 'Mmcotrm'], [1, 'ut'], [1, 'ktbMm'], [2, 'c'])).toEqual([
      'Mmcot',
      '',
      'utktbM',
      'mc',
    ]);
  });

  it('counts no summary before the turn has said anything', () => {
    expect(looks([0, 'brmutkMmc'], [1, ''])).toEqual(['butkM', 'mc']);
  });

  it.each(['M', 'A'])(
    'counts the message before a compaction that said nothing (%s)',
    (telling) => {
      expect(looks([0, `${telling}mtk`], [0, 'c'], [1, ''])).toEqual([telling, '', 'mtkc']);
    },
  );

  it('counts the message before a compaction that said something', () => {
    expect(looks([0, 'Mmturmutk'], [1, 'Mm'], [2, 'c'])).toEqual(['M', 'mtuutkM', 'mc']);
  });

  it('gives all at the end', () => {
    expect(looks([0, 'Mmrmco'], [Number.POSITIVE_INFINITY, 'k'])).toEqual(['M', 'mrmcok']);
  });
});
