import {
  concat,
  defaultIfEmpty,
  defer,
  EMPTY,
  map,
  mergeMap,
  NEVER,
  type Observable,
  type OperatorFunction,
  of,
  takeLast,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import type { Patch, RolloutLine } from '../codex/rollout/patch.js';
import type { MutatePorts } from '../ports.js';
import type { Op } from './call-edits.js';
import { patchLine } from './patch-line.js';

/** A request to mark tool results of a thread as consumed. */
export interface Mutation {
  readonly agentId: string;
  /** Absolute path. */
  readonly workspace: string;
  /** Number of mutations in the request, those of an unknown form included. */
  readonly requested: number;
  /** By codex's call id; of a duplicate id the last one counts. */
  readonly ops: ReadonlyMap<string, Op>;
}

/** The result of a mutation. */
export interface MutationReport {
  readonly requested: number;
  /** Number of requested calls that the thread has. All of them show the marker now. */
  readonly touched: number;
}

/** The result of scanning a rollout. */
interface Scan {
  readonly touched: number;
  readonly patches: readonly Patch[];
}

/**
 * Replaces consumed tool results in the rollout of a workspace's thread by markers, so that the
 * model of the next turn sees the markers.
 *
 * ```
 * queue   --s                  s the workspace is free
 * lock      --l                l no other process changes the rollout
 * scan        --a----b--|      a,b lines with a requested call
 * patch                 ---|   journal, write, flush
 * emits   -----------------(r|)  r {requested, touched}
 * ```
 *
 * Emits one report and completes. Runs in the queue of the workspace: after the current turn, and
 * before the next one. A workspace without a thread, a thread without a rollout, and calls that the
 * thread does not have count as not touched. Fails with `BusyError` while another process changes
 * the thread, and when the rollout cannot be read or written.
 * Completes without a report when `cancel$` emits. A cancel or an unsubscribe leaves the file as it
 * was.
 */
export const mutateSession = (
  { agentId, workspace, requested, ops }: Mutation,
  cancel$: Observable<unknown>,
  ports: MutatePorts,
): Observable<MutationReport> => {
  const work$ = ports.readSession$(workspace, agentId).pipe(
    mergeMap(({ threadId }) =>
      threadId === undefined || ops.size === 0 ? EMPTY : ports.rolloutFile$(threadId),
    ),
    mergeMap((file) =>
      ports.lockRollout(
        file,
        defer(() => ports.callLines$(file, new Set(ops.keys()))).pipe(
          scanLines(ops),
          mergeMap(({ touched, patches }) =>
            concat(patches.length === 0 ? EMPTY : ports.patchFile$(file, patches), of(touched)),
          ),
        ),
      ),
    ),
    // The lock is released before the report.
    takeLast(1),
    defaultIfEmpty(0),
    map((touched): MutationReport => ({ requested, touched })),
    tap((report) => {
      ports.log('info', 'consumed tool results are marked in the thread', { ...report });
    }),
  );
  return ports.inOrder(workspace, NEVER, work$, { light: true }).pipe(takeUntil(cancel$));
};

/** Emits the patches of all lines, and how many calls they touch, once the source completes. */
const scanLines =
  (ops: Mutation['ops']): OperatorFunction<RolloutLine, Scan> =>
  (line$) =>
    line$.pipe(
      map((line) => patchLine(line, ops)),
      toArray(),
      map((lines) => ({
        touched: new Set(lines.flatMap(({ touched }) => touched)).size,
        patches: lines.flatMap(({ patch }) => patch ?? []),
      })),
    );
