import { isLeft } from 'fp-ts/lib/Either.js';
import { map, type OperatorFunction } from 'rxjs';
import { type Malformed, malformed, type Parsed } from '../../lines/parse-json.js';
import { excerpt, explain } from '../../text/explain.js';
import { type CodexEvent, eventCodecs, type ItemStage, itemStage } from './codex-event.js';
import { itemCodecs } from './codex-item.js';

/** An event or item of an unknown kind. It is counted and logged, and does not end the turn. */
export interface Unrecognised {
  readonly type: 'unrecognised';
  /** `event <type>` or `item <type>`. */
  readonly kind: string;
}

export type Decoded = CodexEvent | Malformed | Unrecognised;

/**
 * Decodes JSON values as codex events.
 *
 * Emits one value per value of the source: the event, `unrecognised` for an unknown `type`, or
 * `malformed` for a known type with invalid fields. Passes `malformed` lines through. Completes and
 * fails only with the source; unsubscribe unsubscribes from the source.
 */
export const decodeEvent = (): OperatorFunction<Parsed, Decoded> => map(decodeParsed);

/** The function of `decodeEvent`. */
export const decodeParsed = (parsed: Parsed): Decoded =>
  parsed.type === 'json' ? decode(parsed.value) : parsed;

interface Tagged {
  readonly type: string;
}
/** By hand, which is faster than a codec: each event is asked twice. */
const isTagged = (value: unknown): value is Tagged =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
const hasItem = (value: object): value is { readonly item: Tagged } =>
  'item' in value && isTagged(value.item);

const decode = (value: unknown): Decoded => {
  if (!isTagged(value)) return malformedEvent('without a type', value);
  const stage = itemStage(value.type);
  if (stage !== undefined) return decodeItem(stage, value);
  const codec = eventCodecs.get(value.type);
  if (codec === undefined)
    return { type: 'unrecognised', kind: `event ${value.type.slice(0, 80)}` };
  if (codec.is(value)) return value;
  const event = codec.decode(value);
  return isLeft(event)
    ? malformedEvent(`${value.type}: ${explain(event.left)}`, value)
    : event.right;
};

const decodeItem = (stage: ItemStage, value: object): Decoded => {
  if (!hasItem(value)) return malformedEvent(`${stage} without an item`, value);
  const codec = itemCodecs.get(value.item.type);
  if (codec === undefined)
    return { type: 'unrecognised', kind: `item ${value.item.type.slice(0, 80)}` };
  if (codec.is(value.item)) return { type: stage, item: value.item };
  const item = codec.decode(value.item);
  return isLeft(item)
    ? malformedEvent(`item ${value.item.type}: ${explain(item.left)}`, value)
    : { type: stage, item: item.right };
};

const malformedEvent = (reason: string, value: unknown): Malformed =>
  malformed(reason, excerpt(value, 200));
