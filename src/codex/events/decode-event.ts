import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { map, type OperatorFunction } from 'rxjs';
import { type Malformed, malformed, type Parsed } from '../../lines/parse-json.js';
import { excerpt, explain } from '../../text/explain.js';
import { type CodexEvent, eventCodecs, type ItemStage, itemStage } from './codex-event.js';
import { itemCodecs } from './codex-item.js';

/**
 * An event or item of a kind that this version does not know. It is counted and logged; it never
 * ends a turn.
 */
export interface Unrecognised {
  readonly type: 'unrecognised';
  /** `event <type>` or `item <type>`. */
  readonly kind: string;
}

export type Decoded = CodexEvent | Malformed | Unrecognised;

/**
 * Reads JSON values as codex events.
 *
 * Emits one value for each: the event, `unrecognised` for an unknown `type`, or `malformed` for a
 * known one whose fields do not fit. Never fails by itself; completes, fails and is unsubscribed
 * with the source.
 */
export const decodeEvent = (): OperatorFunction<Parsed, Decoded> =>
  map((parsed) => (parsed.type === 'json' ? decode(parsed.value) : parsed));

const Tagged = t.type({ type: t.string });
const WithItem = t.type({ item: Tagged });

const decode = (value: unknown): Decoded => {
  if (!Tagged.is(value)) return unfit('without a type', value);
  const stage = itemStage(value.type);
  if (stage !== undefined) return decodeItem(stage, value);
  const codec = eventCodecs.get(value.type);
  if (codec === undefined)
    return { type: 'unrecognised', kind: `event ${value.type.slice(0, 80)}` };
  if (codec.is(value)) return value;
  const event = codec.decode(value);
  return isLeft(event) ? unfit(`${value.type}: ${explain(event.left)}`, value) : event.right;
};

const decodeItem = (stage: ItemStage, value: unknown): Decoded => {
  if (!WithItem.is(value)) return unfit(`${stage} without an item`, value);
  const codec = itemCodecs.get(value.item.type);
  if (codec === undefined)
    return { type: 'unrecognised', kind: `item ${value.item.type.slice(0, 80)}` };
  if (codec.is(value.item)) return { type: stage, item: value.item };
  const item = codec.decode(value.item);
  return isLeft(item)
    ? unfit(`item ${value.item.type}: ${explain(item.left)}`, value)
    : { type: stage, item: item.right };
};

const unfit = (reason: string, value: unknown): Malformed => malformed(reason, excerpt(value, 200));
