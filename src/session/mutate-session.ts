import {
  concat,
  defaultIfEmpty,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  takeUntil,
  tap,
} from 'rxjs';
import type { MutatePorts, Patch, RolloutLine } from '../ports.js';
import { type Op, patchLine } from './patch-line.js';

/** What became of a mutation. */
export interface Mutated {
  readonly requested: number;
  /** Calls of the request that the thread holds: they show the marker now. */
  readonly touched: number;
}

/** What the scan of a rollout found. */
interface Found {
  readonly touched: ReadonlySet<string>;
  readonly patches: readonly Patch[];
}

/**
 * Puts markers into the rollout of a workspace's thread in place of what the host has consumed, so
 * that the model of the next turn sees them.
 *
 * ```
 * queue   --s                  s the workspace's turn has ended
 * scan      --a----b--|        a,b lines with a call of the request
 * patch               ---|     journal, write, flush
 * emits   ---------------(r|)  r {requested, touched}
 * ```
 *
 * Waits for the turn of the workspace and of its thread, and their next turn waits for it. Emits
 * the report once and completes; a workspace without a thread, a thread without a rollout and calls
 * that it does not hold are no errors. Fails when the rollout cannot be read or written. Completes
 * without a report when `cancel$` emits: the file is as it was then.
 */
export const mutateSession = (
  mutation: Mutation,
  cancel$: Observable<unknown>,
  ports: MutatePorts,
): Observable<Mutated> => {
  const { workspace, requested, ops } = mutation;
  const work$ = ports.readSession$(workspace).pipe(
    mergeMap(({ threadId }) =>
      threadId === undefined || ops.size === 0 ? EMPTY : ports.rolloutFile$(threadId),
    ),
    mergeMap((file) =>
      found$(ports.callLines$(file, new Set(ops.keys())), ops).pipe(
        mergeMap(({ touched, patches }) =>
          concat(patches.length === 0 ? EMPTY : ports.patchFile$(file, patches), of(touched.size)),
        ),
      ),
    ),
    defaultIfEmpty(0),
    map((touched): Mutated => ({ requested, touched })),
    tap((mutated) => {
      ports.log('info', 'consumed tool results are marked in the thread', { ...mutated });
    }),
  );
  return ports.inOrder(workspace, NEVER, work$, { light: true }).pipe(takeUntil(cancel$));
};

const found$ = (line$: Observable<RolloutLine>, ops: Mutation['ops']): Observable<Found> =>
  defer(() => {
    const touched = new Set<string>();
    const patches: Patch[] = [];
    return line$.pipe(
      tap((line) => {
        const patched = patchLine(line, ops);
        for (const id of patched.touched) touched.add(id);
        if (patched.patch !== undefined) patches.push(patched.patch);
      }),
      ignoreElements(),
      endWith({ touched, patches }),
    );
  });

/** What the host consumed of a thread. */
export interface Mutation {
  readonly agentId: string;
  /** Absolute path. */
  readonly workspace: string;
  /** How many mutations the host asked for, those of unknown form too. */
  readonly requested: number;
  /** By codex's call id; the last of one id counts. */
  readonly ops: ReadonlyMap<string, Op>;
}
