import { describe, expect, it } from 'vitest';
import { createRecordBuffer } from '../../../src/codex/rollout/record-buffer.js';
import type { Parsed } from '../../../src/lines/parse-json.js';

const event = (payload: object): unknown => ({ type: 'event_msg', payload });
const item = (payload: object): unknown => ({ type: 'response_item', payload });
/**
 * Records of a rollout: M A R the event before a message or reasoning item, m r the item, e s
 * reasoning without a summary, a a message between agents, c a call, o its output, y a message by a
 * call, t u tokens, k a compaction, b the beginning of a turn, # a malformed line.
 */
const values: Record<string, unknown> = {
  M: event({ type: 'item_completed', item: { type: 'AgentMessage' } }),
  A: event({ type: 'agent_message', message: 'hi' }),
  y: event({ type: 'item_completed', item: { type: 'AgentMessage', delivery: 'async' } }),
  R: event({ type: 'item_completed', item: { type: 'Reasoning' } }),
  m: item({ type: 'message', role: 'assistant' }),
  r: item({ type: 'reasoning', summary: [{ text: '' }, { text: 'hm' }] }),
  e: item({ type: 'reasoning', summary: [] }),
  s: item({ type: 'reasoning', summary: [{ text: ' ' }] }),
  a: item({
    type: 'message',
    role: 'assistant',
    content: [
      { type: 'output_text', text: '{"author":"/root/a","recipient":"/root","content":""}' },
    ],
  }),
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

/** Each step has the number of completed items and the new records. Returns the due records. */
const dueRecords = (
  ...steps: readonly (readonly [completed: number, records: string])[]
): string[] => {
  const buffer = createRecordBuffer();
  return steps.map(([completed, records]) =>
    [
      ...buffer.release(completed),
      ...records
        .split('')
        .flatMap((letter) =>
          buffer.add(
            letter === '#'
              ? { type: 'malformed', reason: '', sample: '' }
              : { type: 'json', value: values[letter] },
            completed,
          ),
        ),
    ]
      .map(letterOf)
      .join(''),
  );
};

describe('createRecordBuffer', () => {
  it('returns the records before the next message, and holds the records after it', () => {
    expect(dueRecords([0, 'coMmco'], [0, ''], [1, 'Mm'], [2, ''])).toEqual([
      'coM',
      '',
      'mcoM',
      'm',
    ]);
  });

  it('counts reasoning items like messages', () => {
    expect(dueRecords([0, 'RrMmc'], [1, ''], [2, 'o'])).toEqual(['R', 'rM', 'mco']);
  });

  it('counts no reasoning item without a summary, which is never streamed', () => {
    expect(dueRecords([0, 'RecoRsMmc'], [1, ''])).toEqual(['RecoRsM', 'mc']);
  });

  it('counts a message that was sent by a call, although it has no record of a message', () => {
    expect(dueRecords([0, 'MmcyoMmc'], [1, ''], [2, ''], [3, ''])).toEqual([
      'M',
      'mc',
      'yoM',
      'mc',
    ]);
  });

  it('counts a message that was sent by a call directly before a compaction', () => {
    expect(dueRecords([0, 'cyomutk'], [1, 'Mm'], [2, ''])).toEqual(['c', 'youtkM', 'm']);
    expect(dueRecords([0, 'cymutk'], [1, 'Mm'], [2, ''])).toEqual(['c', 'yutkM', 'm']);
  });

  it('counts no message between agents, which is never streamed', () => {
    expect(dueRecords([0, 'comaMmco'], [1, ''], [2, ''])).toEqual(['co', 'maM', 'mco']);
  });

  it('holds the calls behind a message for as many responses as it is late', () => {
    expect(dueRecords([0, 'Mmcuto'], [0, 'cut'], [0, 'oc'], [0, 'o'], [1, 'c'])).toEqual([
      'M',
      '',
      '',
      '',
      'mcutocutococ',
    ]);
  });

  it('keeps malformed lines in their place', () => {
    expect(dueRecords([0, '#Mm#'], [1, ''])).toEqual(['#M', 'm#']);
  });

  it('holds records after a summary until the compaction arrives', () => {
    expect(dueRecords([1, 'Mmcotrm'], [1, 'ut'], [1, 'ktbMm'], [2, 'c'])).toEqual([
      'Mmcot',
      '',
      'utktbM',
      'mc',
    ]);
  });

  it('does not count a summary before the first message of the turn', () => {
    expect(dueRecords([0, 'brmutkMmc'], [1, ''])).toEqual(['butkM', 'mc']);
  });

  it.each(['M', 'A'])(
    'counts a streamed message directly before a compaction without a summary (%s)',
    (textEvent) => {
      expect(dueRecords([0, `${textEvent}mtk`], [0, 'c'], [1, ''])).toEqual([
        textEvent,
        '',
        'mtkc',
      ]);
    },
  );

  it('counts a streamed message directly before a compaction with a summary', () => {
    expect(dueRecords([0, 'Mmturmutk'], [1, 'Mm'], [2, 'c'])).toEqual(['M', 'mtuutkM', 'mc']);
  });

  it('returns all records at the end', () => {
    expect(dueRecords([0, 'Mmrmco'], [Number.POSITIVE_INFINITY, 'k'])).toEqual(['M', 'mrmcok']);
  });
});
