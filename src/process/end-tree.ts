import {
  concat,
  concatMap,
  filter,
  ignoreElements,
  interval,
  map,
  type Observable,
  of,
  take,
  takeWhile,
} from 'rxjs';
import { onceInTurn } from '../streams/turn-end.js';
import { processTable } from './process-table.js';
import {
  countTree,
  killTree,
  letDaemonsGo,
  livingTree,
  type Root,
  withChildren,
} from './process-tree.js';

/** Milliseconds between two kills of a tree, and how many follow the first: 2 s. */
const REPEAT_MS = 10;
const REPEATS = 200;

/**
 * Kills the tree until none of its processes is running.
 *
 * Emits nothing. Calls `kill`, which returns how many processes it found, at once and then every
 * 10 ms; completes when it finds none, or after 2 s. Does not fail. Unsubscribe stops the calls.
 */
export const killUntilGone = (root: Root, kill = killTree): Observable<never> =>
  concat(of(0), interval(REPEAT_MS)).pipe(
    take(REPEATS + 1),
    map(() => kill(root)),
    takeWhile((running) => running > 0),
    ignoreElements(),
  );

/**
 * How many processes of a tree may finish by themselves once its root has exited at a normal end:
 * those that read no pipe, such as `notify` of codex's config.toml, which has /dev/null. codex has
 * closed the stdin of its MCP servers, sent them SIGTERM and killed their groups before its exit;
 * what is left of them (a process in a group of its own) and what they have started would stay for
 * ever. Where a table shows no stdin (`ps`) all count.
 */
export const countFinishing = (root: Root, table = processTable): number => {
  if (!table.isOwn()) return countTree(root, table);
  const tree = new Set(livingTree(root, table));
  if (tree.size === 0) return 0;
  const processes = table.listProcesses().filter(({ pid }) => tree.has(pid));
  const servers = withChildren(processes, ({ pid }) => table.readsPipe(pid));
  return processes.filter(({ pid }) => !servers.has(pid)).length;
};

/** What a look at a tree after the normal exit of its root finds. */
export interface TreeLook {
  /** No process of the tree is running. */
  readonly isGone: boolean;
  /** See `countFinishing`. */
  readonly finishing: number;
}

/**
 * Lets the daemons of a tree go, and counts what is left of it, by one list of the processes;
 * `codex` as for `letDaemonsGo`.
 */
export const lookAtTree = (root: Root, codex = root.pid, table = processTable): TreeLook => {
  const processes = table.listProcesses();
  const listed = { ...table, listProcesses: () => processes };
  if (table.isOwn() && livingTree(root, listed).length === 0) return { isGone: true, finishing: 0 };
  letDaemonsGo(root, codex, listed);
  return { isGone: false, finishing: countFinishing(root, listed) };
};

const processes$ = onceInTurn(processTable.listProcesses);

/**
 * Looks at a tree by the list of processes that all looks of one turn of the event loop share: many
 * turns can end at once on a busy machine, where a list takes long and keeps their texts waiting.
 */
const lookTogether = (root: Root): Observable<TreeLook> =>
  processes$.pipe(
    map((processes) =>
      lookAtTree(root, root.pid, { ...processTable, listProcesses: () => processes }),
    ),
  );

/** Milliseconds between two looks at a tree, and how many follow the first: 5 s. */
const LOOK_MS = 50;
const LOOKS = 100;

/**
 * Lets a tree end by itself after a normal exit of its root.
 *
 * ```
 * finishing  2  2  0           the processes that may finish, every 50 ms
 * emits      ------|
 * isGone     f  f  t
 * emits      ------(t|)
 * ```
 *
 * Looks at the tree at once and every 50 ms. Emits true when no process of the tree is running;
 * completes then, when no other process may finish by itself, or after 5 s; see `countFinishing`:
 * `notify` of codex's config.toml is a child that codex does not wait for. Does not fail.
 * Unsubscribe stops the looks.
 */
export const letTreeEnd = (
  root: Root,
  look: (root: Root) => Observable<TreeLook> = lookTogether,
): Observable<true> =>
  concat(of(0), interval(LOOK_MS)).pipe(
    take(LOOKS + 1),
    concatMap(() => look(root)),
    takeWhile(({ finishing }) => finishing > 0, true),
    filter(({ isGone }) => isGone),
    map(() => true),
  );
