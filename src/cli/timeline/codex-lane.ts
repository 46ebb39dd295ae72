import * as t from 'io-ts';
import { codexLetters, LETTERS } from '../../marbles/alphabet.js';
import type { TurnRecord } from '../../record/turn-record.js';
import { type CodexLaneItem, isOfHost, isTool, itemOf, kindOf, nameOf } from '../codex-items.js';
import type { Kind, Mark, TimelineSpan } from './model.js';

/** Letters of items, in the order in which the items appear. `x` is the exit. */
const itemLetters = LETTERS.filter(
  (letter) => /[a-z]/.test(letter) && letter !== codexLetters.exited,
);

const Tagged = t.type({ type: t.string });

const lives: ReadonlyMap<string, { readonly sign: string; readonly kind: Kind }> = new Map<
  string,
  { readonly sign: string; readonly kind: Kind }
>([
  ['thread.started', { sign: codexLetters['thread.started'], kind: 'life' }],
  ['turn.started', { sign: codexLetters['turn.started'], kind: 'life' }],
  ['turn.completed', { sign: codexLetters['turn.completed'], kind: 'life' }],
  ['turn.failed', { sign: codexLetters['turn.failed'], kind: 'failure' }],
  ['error', { sign: '!', kind: 'notice' }],
]);

interface ItemEvent {
  readonly ms: number;
  readonly stage: string;
  /** The process and the id of the item: ids are unique per process. */
  readonly key: string;
  readonly item: CodexLaneItem;
}

/**
 * The marks of the codex lane and the spans of codex's tools. Each item has a letter; when there
 * are more items than letters, each kind of item has one.
 */
export const codexLane = (
  records: readonly TurnRecord[],
): { readonly marks: readonly Mark[]; readonly tools: readonly TimelineSpan[] } => {
  const entries: (Mark | ItemEvent)[] = [];
  let process = 0;
  for (const record of records) {
    if ('raw' in record) entries.push(entryOf(record.ms, record.raw, process, entries.length));
    else if ('malformed' in record)
      entries.push({ ms: record.ms, sign: '?', kind: 'notice', meaning: 'malformed line' });
    else if ('exited' in record) {
      const { code, signal } = record.exited;
      entries.push({
        ms: record.ms,
        sign: codexLetters.exited,
        kind: code === 0 ? 'life' : 'failure',
        meaning: `exit ${signal ?? code ?? ''}`.trimEnd(),
      });
      process += 1;
    }
  }
  const items = entries.flatMap((entry) => ('item' in entry ? [entry] : []));
  const keys = [...new Set(items.map(({ key }) => key))];
  const letters =
    keys.length > itemLetters.length
      ? undefined
      : new Map(keys.map((key, nth) => [key, itemLetters[nth] ?? '']));
  const signOf = ({ key, item }: ItemEvent): string => letters?.get(key) ?? kindOf(item).sign;
  // The app-server starts a message before its first word.
  const names = new Map(
    items.flatMap(({ key, item }) => (nameOf(item) === '' ? [] : [[key, nameOf(item)]])),
  );
  const markOf = (event: ItemEvent): Mark => {
    const { kind, word } = kindOf(event.item);
    return {
      ms: event.ms,
      sign: signOf(event),
      kind,
      itemKey: event.key,
      meaning: letters === undefined ? word : `${word} ${names.get(event.key) ?? ''}`.trim(),
    };
  };
  const marks = entries.map((entry) => ('item' in entry ? markOf(entry) : entry));
  // Calls over the bridge have a lane of their own.
  const tools = records.some((record) => 'call' in record)
    ? items.filter(({ item }) => !isOfHost(item))
    : items;
  return { marks: marks.sort((a, b) => a.ms - b.ms), tools: toolSpans(tools, signOf) };
};

const entryOf = (ms: number, raw: unknown, process: number, nth: number): Mark | ItemEvent => {
  const type = Tagged.is(raw) ? raw.type : 'without a type';
  const item = itemOf(raw);
  if (item !== undefined)
    return { ms, stage: type, key: `${process} ${item.id ?? `none ${nth}`}`, item };
  const life = lives.get(type);
  return {
    ms,
    ...(life ?? { sign: '?', kind: 'notice' }),
    meaning: life === undefined ? `event ${type}` : type,
  };
};

const toolSpans = (
  items: readonly ItemEvent[],
  signOf: (event: ItemEvent) => string,
): readonly TimelineSpan[] => {
  const spans = new Map<string, TimelineSpan>();
  for (const event of items) {
    if (!isTool(event.item)) continue;
    const { kind, word } = kindOf(event.item);
    const { startMs = event.ms } = spans.get(event.key) ?? {};
    const end = event.stage === 'item.completed' ? { endMs: Math.max(startMs, event.ms) } : {};
    spans.set(event.key, {
      startMs,
      ...end,
      name: nameOf(event.item) || word,
      sign: signOf(event),
      kind,
      failed: event.item.status === 'failed',
    });
  }
  return [...spans.values()].sort((a, b) => a.startMs - b.startMs);
};
