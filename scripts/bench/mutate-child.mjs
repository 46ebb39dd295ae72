// Runs mutations in one process, as the plugin does, by the workflow and the real ports. Each line
// of stdin is a list of ids, and is answered with the report of its mutation.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadChain } from './load-chain.mjs';

/**
 * @typedef {{ bundle: string, workspace: string }} Job
 * @typedef {{ ms: number, touched: number, idleMiB: number, peakMiB: number }} Mutated
 */

/** @type {Job} */
const { bundle, workspace } = JSON.parse(process.argv[2] ?? '');
const { mutateSession, nodePorts, defaultConfig, BehaviorSubject, NEVER } = loadChain(bundle);

/** @param {'VmRSS' | 'VmHWM'} key */
const memoryMiB = (key) => {
  try {
    return (
      Number(new RegExp(`${key}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) /
      1024
    );
  } catch {
    return (
      (key === 'VmRSS' ? process.memoryUsage.rss() : process.resourceUsage().maxRSS * 1024) /
      1024 /
      1024
    );
  }
};

const ports = nodePorts({
  config: defaultConfig,
  env: process.env,
  log: () => {},
  ready$: new BehaviorSubject(true),
});

/** @param {readonly string[]} ids @returns {Promise<Mutated>} */
const mutated = async (ids) => {
  const ops = new Map(
    ids.map((id, i) => [
      id,
      i % 2 === 0 ? /** @type {const} */ ('consume-light') : /** @type {const} */ ('consume-heavy'),
    ]),
  );
  try {
    // Makes Linux forget the earlier peak.
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the earlier peak counts.
  }
  const idleMiB = memoryMiB('VmRSS');
  const start = performance.now();
  /** @type {number} */
  const touched = await new Promise((resolve, reject) => {
    mutateSession(
      { agentId: 'bench', workspace, requested: ids.length, ops },
      NEVER,
      ports,
    ).subscribe({
      next: (report) => resolve(report.touched),
      error: reject,
    });
  });
  return { ms: performance.now() - start, touched, idleMiB, peakMiB: memoryMiB('VmHWM') };
};

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await mutated(JSON.parse(line)))}\n`);
