import {
  concat,
  defaultIfEmpty,
  defer,
  mergeMap,
  type Observable,
  of,
  reduce,
  takeLast,
} from 'rxjs';
import type { RefusedItems } from '../codex/history-refusal.js';
import type { Patch, RolloutLine } from '../codex/rollout/patch.js';
import type { MutatePorts } from '../ports.js';
import { editLine } from './edit-line.js';
import { needlesOf, promptEdits, type RefusedEdit, refusedEdits } from './refused-edits.js';

export interface TakeOut {
  readonly threadId: string;
  readonly items: RefusedItems;
  /** The prompt of the refused turn. codex has stored it, and the next try sends it again. */
  readonly prompt: string;
}

/**
 * Takes the items that the API refuses out of the rollout of a thread, and the prompt of the
 * refused turn.
 *
 * ```
 * lock    --l                  l no other process changes the rollout
 * scan      --a----b--|        a,b lines that may hold such an item
 * patch               ---|     journal, write, flush
 * emits   ---------------(n|)  n the number of items and pictures that were taken out
 * ```
 *
 * Emits the number once and completes; 0 leaves the file as it is. Fails with `BusyError` while
 * another process changes the thread, and when the rollout cannot be read or written. Unsubscribe
 * leaves the file as it was.
 */
export const takeOut = (
  { threadId, items, prompt }: TakeOut,
  ports: Pick<MutatePorts, 'rolloutFile$' | 'lockRollout' | 'linesWith$' | 'patchFile$'>,
): Observable<number> =>
  ports.rolloutFile$(threadId).pipe(
    mergeMap((file) =>
      ports.lockRollout(
        file,
        defer(() => ports.linesWith$(file, [...needlesOf(items), USER, ASSISTANT])).pipe(
          reduce((scan: Scan, line) => addLine(scan, line, items, prompt), { found: [] }),
          mergeMap((scan) => {
            const { taken, patches } = changesOf(scan, items);
            return taken === 0 ? of(0) : concat(ports.patchFile$(file, patches), of(taken));
          }),
        ),
      ),
    ),
    // The lock is released before the number.
    takeLast(1),
    defaultIfEmpty(0),
  );

const USER = '"role":"user"';
const ASSISTANT = '"role":"assistant"';
const COMPACTED = '"type":"compacted"';

interface Found {
  readonly line: RolloutLine;
  readonly edits: readonly RefusedEdit[];
  /** Whether the line begins the history anew. */
  readonly isStart: boolean;
}

interface Scan {
  readonly found: readonly Found[];
  /** A message of a user with the text of the prompt, when no answer follows it. */
  readonly prompt?: Found | undefined;
}

const addLine = (scan: Scan, line: RolloutLine, items: RefusedItems, prompt: string): Scan => {
  const edits = refusedEdits(line.bytes, items);
  // A compaction begins the history anew: what comes after it is no copy of what came before.
  const isStart = items.by === 'duplicate' && line.bytes.includes(COMPACTED);
  const found =
    edits.length === 0 && !isStart ? scan.found : [...scan.found, { line, edits, isStart }];
  // The history of a compaction has messages too, and none of them is the prompt.
  const own = isItem(line.bytes) ? promptEdits(line.bytes, prompt) : [];
  if (own.length > 0) return { found, prompt: { line, edits: own, isStart: false } };
  return { found, prompt: line.bytes.includes(ASSISTANT) ? undefined : scan.prompt };
};

const isItem = (bytes: Buffer): boolean => bytes.includes('"response_item"');

/** The edits of the later copies of each item. */
const withoutFirst = (scanned: readonly Found[]): Found[] => {
  const seen = new Set<string | undefined>();
  return scanned.map((found) => {
    if (found.isStart) seen.clear();
    return { ...found, edits: found.edits.filter(({ id }) => seen.size === seen.add(id).size) };
  });
};

/** Good pictures are taken out only when all pictures are refused and none of them is broken. */
const changesOf = (
  { found: scanned, prompt }: Scan,
  { by }: RefusedItems,
): { readonly taken: number; readonly patches: readonly Patch[] } => {
  const found = by === 'duplicate' ? withoutFirst(scanned) : scanned;
  const all = found.flatMap(({ edits }) => edits);
  const isAll = by === 'pictures' && all.every(({ isGoodPicture }) => isGoodPicture);
  const lines = found.map(({ line, edits }) => ({
    line,
    edits: isAll ? edits : edits.filter(({ isGoodPicture }) => !isGoodPicture),
  }));
  const taken = lines.reduce((sum, { edits }) => sum + edits.length, 0);
  // The prompt is the whole item of its line.
  const others = lines.filter(({ line }) => line.offset !== prompt?.line.offset);
  const changed = [...others, ...(prompt === undefined ? [] : [prompt])].toSorted(
    (a, b) => a.line.offset - b.line.offset,
  );
  return { taken, patches: changed.flatMap(({ line, edits }) => editLine(line, edits) ?? []) };
};
