import { readlinkSync } from 'node:fs';
import * as t from 'io-ts';
import { codeOf } from '../text/explain.js';
import { bootId, isRunning, readProcess } from './process-table.js';

/** Names a process in a file that other processes read: a lock, or the record of a run. */
export const ProcessIdentity = t.intersection([
  t.type({
    /** Start times are relative to the boot. */
    boot: t.string,
    pid: t.number,
    startTime: t.number,
  }),
  /**
   * The namespace in which the pid is valid, as `pid:[inode]`; absent in files of older plugins.
   */
  t.partial({ pidNamespace: t.string }),
]);
export type ProcessIdentity = t.TypeOf<typeof ProcessIdentity>;

let own: Required<ProcessIdentity> | undefined;

/** This process. Reads what identifies it once; a failed read is tried again. */
export const ownProcess = (): Required<ProcessIdentity> => {
  if (own !== undefined) return own;
  const startTime = seesOwnProcesses() ? (readProcess(process.pid)?.startTime ?? 0) : 0;
  const found = { boot: bootId(), pidNamespace: pidNamespace(), pid: process.pid, startTime };
  if (found.boot !== '' && found.pidNamespace !== '' && startTime > 0) own = found;
  return found;
};

/**
 * Whether the owner may be running. A process of another pid namespace, for instance of another
 * container, cannot be seen and counts as running; a process of an earlier boot never does.
 */
export const isAlive = (owner: ProcessIdentity): boolean =>
  !isOfEarlierBoot(owner) &&
  (isElsewhere(owner) || (seesOwnProcesses() ? isRunning(owner) : hasProcess(owner.pid)));

/** False where one of both, without `/proc`, does not know its boot. */
const isOfEarlierBoot = ({ boot }: ProcessIdentity): boolean =>
  boot !== bootId() && boot !== '' && bootId() !== '';

/** Whether the owner lives in another pid namespace: its pid names another process here. */
export const isElsewhere = ({ pidNamespace: namespace }: ProcessIdentity): boolean =>
  namespace !== undefined && namespace !== pidNamespace();

/** The pid namespace of this process; empty where there is none. */
export const pidNamespace = (): string => linkOf('/proc/self/ns/pid');

/** Whether a process with this pid exists in the pid namespace of this process. */
export const hasProcess = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

/** False without `/proc`, and where `/proc` lists the processes of another pid namespace. */
const seesOwnProcesses = (): boolean => linkOf('/proc/self') === String(process.pid);

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};
