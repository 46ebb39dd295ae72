// Faults that kill or stop codex, what codex has started, or the relay.
import { setTimeout as sleep } from 'node:timers/promises';
import { processesIn, processesOf, signal, within } from '../lib/processes.mjs';
import { BUSY, cancel, LONG, over } from './scene.mjs';

/** @typedef {import('./scene.mjs').Scene} Scene */

/**
 * The pid of the codex that runs the turn: its own process, or the app-server. Waits up to 5 s
 * until it runs: a busy machine starts it late.
 * @param {Scene} scene @returns {Promise<number | undefined>}
 */
const codexOf = async ({ life, turn, workspace }) => {
  const plugin = turn.plugin.child.pid;
  /** @param {import('../lib/processes.mjs').Process} process */
  const isCodex = ({ parent, args, cwd }) =>
    parent === plugin && (cwd === workspace || args.includes('app-server'));
  /** @type {number | undefined} */ let pid;
  await within(() => (pid = processesOf(life.lab.home).find(isCodex)?.pid) !== undefined, 5_000);
  return pid;
};

/**
 * Sends a signal to codex; returns its pid if it was running.
 * @param {Scene} scene @param {NodeJS.Signals} name
 */
const signalCodex = async (scene, name) => {
  const pid = await codexOf(scene);
  const was = pid !== undefined && signal(pid, name);
  scene.note(`${name} to codex ${was ? pid : '(has exited)'}`);
  return was ? pid : undefined;
};

/**
 * Milliseconds until the plugin notices the exit of an app-server whose pipes another process holds
 * open.
 */
const SEEN_MS = 1_000;

/**
 * Harms codex. The app-server runs every turn, so that there every turn counts as disturbed.
 * @param {(scene: Scene) => Promise<unknown>} act @returns {(scene: Scene) => Promise<unknown>}
 */
const toCodex = (act) => (scene) =>
  scene.life.isServed ? scene.life.widely(() => act(scene).then(() => sleep(SEEN_MS))) : act(scene);

/** @type {readonly import('./scene.mjs').Fault[]} */
export const PROCESS_FAULTS = [
  {
    name: 'kill -9 codex',
    weight: 4,
    plans: [...BUSY, ...LONG],
    ends: ['process_died'],
    act: toCodex(
      async (scene) => (await signalCodex(scene, 'SIGKILL')) !== undefined && scene.cause(),
    ),
  },
  {
    name: 'kill -9 children',
    weight: 3,
    plans: ['tree', 'trap', 'shell', 'leave', 'yielded'],
    ends: ['end_turn'],
    act: async (scene) => {
      const codex = await codexOf(scene);
      if (codex === undefined) {
        scene.note('codex has not started, or has exited');
        return;
      }
      const children = () =>
        processesIn(scene.life.lab.home, scene.workspace).filter(
          ({ pid }) => pid !== codex && pid !== scene.turn.plugin.child.pid,
        );
      await within(() => children().length > 0, 1_500);
      scene.note(
        `${children().filter(({ pid }) => signal(pid, 'SIGKILL')).length} children killed`,
      );
    },
  },
  {
    name: 'kill -9 relay',
    weight: 6,
    plans: ['tool'],
    ends: ['end_turn', 'mcp_startup'],
    bridge: 'stdio',
    act: async (scene) => {
      const relays = () =>
        processesIn(scene.life.lab.home, scene.workspace).filter(({ args }) =>
          args.includes('mcp-host'),
        );
      await within(() => relays().length > 0, 1_500);
      scene.note(`${relays().filter(({ pid }) => signal(pid, 'SIGKILL')).length} relays killed`);
    },
  },
  {
    name: 'stop, continue',
    weight: 3,
    act: toCodex(async (scene) => {
      const pid = await signalCodex(scene, 'SIGSTOP');
      await sleep(scene.ms);
      if (pid !== undefined) signal(pid, 'SIGCONT');
    }),
  },
  {
    name: 'stop, cancel',
    weight: 2,
    plans: [...BUSY, ...LONG],
    ends: ['cancelled'],
    cancels: true,
    act: toCodex(async (scene) => {
      const pid = await signalCodex(scene, 'SIGSTOP');
      cancel(scene);
      // The app-server survives a turn that it has already ended, and must go on with the others.
      await over(scene);
      if (pid !== undefined) signal(pid, 'SIGCONT');
    }),
  },
];
