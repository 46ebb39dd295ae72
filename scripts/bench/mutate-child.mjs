// One mutation in a process of its own, through the workflow and the real ports.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadChain } from './chain.mjs';

/**
 * @typedef {{ bundle: string, workspace: string, ids: readonly string[] }} Job
 * @typedef {{ ms: number, touched: number, idleMiB: number, peakMiB: number }} Mutated
 */

/** @type {Job} */
const { bundle, workspace, ids } = JSON.parse(readFileSync(0, 'utf8'));
const { mutateSession, nodePorts, BehaviorSubject, NEVER } = loadChain(bundle);

/** @param {'VmRSS' | 'VmHWM'} key */
const memoryMiB = (key) => {
  try {
    return Number(new RegExp(`${key}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  } catch {
    return (key === 'VmRSS' ? process.memoryUsage.rss() : process.resourceUsage().maxRSS * 1024) / 1024 / 1024;
  }
};

const config = { binary: 'codex', extraArgs: [], bridge: /** @type {const} */ ('http'), bridgeRequired: false, toolTimeoutMs: 600_000 };
const ports = nodePorts({ config, env: process.env, log: () => {}, ready$: new BehaviorSubject(true) });
const ops = new Map(ids.map((id, i) => [id, i % 2 === 0 ? /** @type {const} */ ('consume-light') : /** @type {const} */ ('consume-heavy')]));

try {
  // Linux forgets the peak of the start.
  writeFileSync('/proc/self/clear_refs', '5');
} catch {
  // Then it is counted.
}
const idleMiB = memoryMiB('VmRSS');
const start = performance.now();
/** @type {number} */
const touched = await new Promise((resolve, reject) => {
  mutateSession({ agentId: 'bench', workspace, requested: ids.length, ops }, NEVER, ports).subscribe({
    next: (mutated) => resolve(mutated.touched),
    error: reject,
  });
});
/** @type {Mutated} */
const mutated = { ms: performance.now() - start, touched, idleMiB, peakMiB: memoryMiB('VmHWM') };
process.stdout.write(JSON.stringify(mutated), () => process.exit());
