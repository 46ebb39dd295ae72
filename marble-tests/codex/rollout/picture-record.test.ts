import { describe, expect, it } from 'vitest';
import { type Picture, pictureEvents } from '../../../src/codex/rollout/picture-record.js';

const fields = { status: 'completed', revised_prompt: 'a cat', result: 'iVBORw0K' };
const saved = { ...fields, saved_path: '/h/ig_1.png' };
const call = (payload: object) => ({
  type: 'response_item',
  payload: { type: 'image_generation_call', id: 'ig_1', ...payload },
});
const ended = {
  type: 'event_msg',
  payload: { type: 'image_generation_end', call_id: 'ig_1', ...saved },
};
const item = {
  type: 'event_msg',
  payload: { type: 'item_completed', item: { type: 'ImageGeneration', id: 'ig_1', ...saved } },
};

/** The events of records, and the pictures that codex has not stored. */
const eventsOf = (records: readonly unknown[], path?: string, known: readonly string[] = []) => {
  const announced = new Set(known);
  const unsaved: Picture[] = [];
  const save = (picture: Picture) => (unsaved.push(picture), path);
  const events = records.flatMap((record) => pictureEvents(record, announced, save) ?? []);
  return { events, unsaved };
};

const result = (output: string, is_error = false) => [
  { type: 'tool_call_start', id: 'ig_1', name: 'image_generation' },
  { type: 'tool_call_delta', id: 'ig_1', arguments: '{"prompt":"a cat"}' },
  { type: 'tool_call_end', id: 'ig_1' },
  { type: 'tool_result', id: 'ig_1', output, is_error },
];

describe('pictureEvents', () => {
  it.each([
    ['the event and the call of 0.135.0', [ended, call(fields)]],
    ['the item of the tool that makes pictures', [item]],
  ])('emits one call with the path that codex names: %s', (_what, records) => {
    expect(eventsOf(records)).toEqual({ events: result('/h/ig_1.png'), unsaved: [] });
  });

  it('stores a picture that codex has left in the rollout', () => {
    const { events, unsaved } = eventsOf([call(fields)], '/h/own.png');

    expect(events).toEqual(result('/h/own.png'));
    expect(unsaved).toEqual([{ id: 'ig_1', prompt: 'a cat', hasFailed: false, data: 'iVBORw0K' }]);
  });

  it.each([
    ['that could not be made', { ...fields, status: 'failed' }, 'the picture could not be made'],
    ['that could not be stored', fields, 'it is in no file'],
  ])('emits a failed result for a picture %s', (_what, payload, output) => {
    expect(eventsOf([call(payload)]).events).toEqual(result(output, true));
  });

  it('emits nothing for a picture of a call that was announced before', () => {
    expect(eventsOf([item], undefined, ['ig_1']).events).toEqual([]);
  });

  it.each([null, { type: 'response_item', payload: { type: 'message' } }, call({ id: 1 })])(
    'emits nothing for another record: %j',
    (record) => {
      expect(eventsOf([record]).events).toEqual([]);
    },
  );
});
