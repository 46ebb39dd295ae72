import { concat, defer, EMPTY, type Observable, of } from 'rxjs';
import { type FindRollout, RolloutError } from '../codex/rollout/find-rollout.js';
import { endOfLines, readRollout } from '../codex/rollout/read-rollout.js';
import { type RolloutMark, readRolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { restoreRollout } from '../session/rollout-lock.js';
import { reasonOf } from '../text/explain.js';

/** The ports that read the rollout of a thread below codex's home. */
export const rolloutPorts = (
  home: string,
  findRollout: FindRollout,
  ready$: Observable<boolean>,
): Pick<Ports, 'rolloutMark$' | 'rolloutFile$' | 'rollout$' | 'rolloutEnd$'> => ({
  rolloutMark$: (threadId) => defer(() => markOfThread(threadId, findRollout)),
  rolloutFile$: (threadId) =>
    defer(() => {
      const file = findRollout(threadId);
      return file === undefined ? EMPTY : of(file);
    }),
  rollout$: (threadId, from, to) =>
    defer(() => {
      const file = findRollout(threadId);
      if (file === undefined)
        throw new RolloutError(`there is no rollout of thread ${threadId} below ${home}`);
      return readRollout(file, from, ready$, to);
    }),
  rolloutEnd$: (threadId, from) =>
    defer(() => {
      const file = findRollout(threadId);
      return file === undefined ? EMPTY : of(endOfLines(file, from));
    }),
});

/** Fails when an interrupted mutation cannot be undone: codex must not resume a mixed rollout. */
const markOfThread = (threadId: string, findRollout: FindRollout): Observable<RolloutMark> => {
  let file: string | undefined;
  try {
    file = findRollout(threadId);
  } catch (error) {
    return of({ problem: reasonOf(error) });
  }
  if (file === undefined) return of({ problem: 'there was none when it began' });
  const rollout = file;
  return concat(
    restoreRollout(rollout),
    defer(() => of(markOf(rollout))),
  );
};

const markOf = (rollout: string): RolloutMark => {
  try {
    return readRolloutMark(rollout);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
};
