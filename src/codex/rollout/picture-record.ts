import * as t from 'io-ts';
import type { ToolEvent } from '../../canonical/turn-event.js';

const text = t.union([t.string, t.null, t.undefined]);
const Fields = t.partial({ status: text, revised_prompt: text, result: text, saved_path: text });

/**
 * The records of a picture that the model has made: the call (every version), the event with the
 * path of its file (0.135.0), and the item of the tool that makes pictures (from 0.150.1).
 */
const PictureRecord = t.union([
  t.type({
    type: t.literal('response_item'),
    payload: t.intersection([
      t.type({ type: t.literal('image_generation_call'), id: t.string }),
      Fields,
    ]),
  }),
  t.type({
    type: t.literal('event_msg'),
    payload: t.intersection([
      t.type({ type: t.literal('image_generation_end'), call_id: t.string }),
      Fields,
    ]),
  }),
  t.type({
    type: t.literal('event_msg'),
    payload: t.type({
      type: t.literal('item_completed'),
      item: t.intersection([t.type({ type: t.literal('ImageGeneration'), id: t.string }), Fields]),
    }),
  }),
]);

/** A picture that the model has made. */
export interface Picture {
  readonly id: string;
  readonly prompt?: string;
  readonly hasFailed: boolean;
  /** The file in which codex has stored it. */
  readonly path?: string;
  /** Its bytes in base64. */
  readonly data?: string;
}

/** Stores a picture that codex has not stored, and returns the path; `undefined` when it cannot. */
export type SavePicture = (threadId: string, picture: Picture) => string | undefined;

/** The picture of a record; `undefined` for a record of something else. */
const pictureOf = (record: unknown): Picture | undefined => {
  if (!PictureRecord.is(record)) return undefined;
  const { payload } = record;
  switch (payload.type) {
    case 'image_generation_call':
      return picture(payload.id, payload);
    case 'image_generation_end':
      return picture(payload.call_id, payload);
    case 'item_completed':
      return picture(payload.item.id, payload.item);
  }
};

const picture = (
  id: string,
  { status, revised_prompt: prompt, saved_path: path, result: data }: t.TypeOf<typeof Fields>,
): Picture => ({
  id,
  hasFailed: status === 'failed',
  ...(prompt ? { prompt } : {}),
  ...(path ? { path } : {}),
  ...(data ? { data } : {}),
});

/**
 * The events of the record of a picture: a call of the tool `image_generation`, with the path of
 * the picture's file as its result. `undefined` for another record, and for a picture whose id is
 * one of `announced`, to which the id of a new one is added. `save` stores a picture that codex has
 * not stored.
 */
export const pictureEvents = (
  record: unknown,
  announced: Set<string>,
  save: (picture: Picture) => string | undefined,
): ToolEvent[] | undefined => {
  const made = pictureOf(record);
  if (made === undefined || announced.has(made.id)) return undefined;
  announced.add(made.id);
  const { id, prompt, hasFailed } = made;
  const path = made.path ?? (hasFailed ? undefined : save(made));
  const output = path ?? (hasFailed ? 'the picture could not be made' : 'it is in no file');
  return [
    { type: 'tool_call_start', id, name: 'image_generation' },
    {
      type: 'tool_call_delta',
      id,
      arguments: JSON.stringify(prompt === undefined ? {} : { prompt }),
    },
    { type: 'tool_call_end', id },
    { type: 'tool_result', id, output, is_error: path === undefined },
  ];
};
