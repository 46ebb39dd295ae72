// What happens to a turn: each fault with the plans that it befalls, and the ends that it allows
// besides the plan's own.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesIn, processesOf, signal, within } from '../lib/processes.mjs';
import { SESSION } from './check-turn.mjs';

/**
 * A turn on which a fault works. `delay` and `ms` are drawn before it starts; `cause` marks the
 * moment from which the end is due.
 * @typedef {{ life: import('./plugin-life.mjs').Life, turn:
 * import('./workspace-loop.mjs').OpenTurn, workspace: string, delay: number, ms: number,
 *   random: import('../lib/random.mjs').Random, cause: () => void, note: (text: string) => void }} Scene
 * @typedef {{ name: string, weight: number, plans?: readonly string[], ends?: readonly string[],
 * any?: boolean, cancels?: boolean, spoils?: 'session' | 'workspace',
 *   bridge?: 'stdio', queues?: boolean, before?: (scene: Pick<Scene, 'workspace' | 'random' | 'note'>) => void, act?: (scene: Scene) => unknown, after?: (workspace: string) => void }} Fault
 * `any` end is right; `plans`: those of the real codex and of the fake one, without it all that end by themselves
 */

const LONG = ['tree', 'trap', 'slow tool', 'silent', 'waits', 'deaf'];
const BUSY = ['say', 'much', 'shell', 'leave', 'tool', 'yielded', 'talk', 'noise', 'long', 'flood'];

/**
 * The codex of the scene, as soon as it runs: one of its own, or the app-server of all. @param
 * {Scene} scene @returns {Promise<number | undefined>}
 */
const codexOf = async ({ life, turn, workspace }) => {
  const plugin = turn.plugin.child.pid;
  /** @param {import('../lib/processes.mjs').Process} process */
  const isCodex = ({ parent, args, cwd }) =>
    parent === plugin && (cwd === workspace || args.includes('app-server'));
  /** @type {number | undefined} */ let pid;
  await within(() => (pid = processesOf(life.lab.home).find(isCodex)?.pid) !== undefined, 1_500);
  return pid;
};

/** @param {Scene} scene @param {NodeJS.Signals} name */
const signalCodex = async (scene, name) => {
  const pid = await codexOf(scene);
  const was = pid !== undefined && signal(pid, name);
  scene.note(`${name} to codex ${was ? pid : '(gone)'}`);
  return was ? pid : undefined;
};

/** Milliseconds until the plugin has seen that an app-server is gone whose pipes somebody holds. */
const SEEN_MS = 1_000;

/**
 * Does harm to codex, and so, on an app-server, to the turns of all. @param {(scene: Scene) =>
 * Promise<unknown>} act @returns {(scene: Scene) => Promise<unknown>}
 */
const toCodex = (act) => (scene) =>
  scene.life.isServed ? scene.life.widely(() => act(scene).then(() => sleep(SEEN_MS))) : act(scene);

/** @param {Scene} scene */
const cancel = ({ turn, cause, note }) => {
  turn.plugin.cancel(turn.id);
  cause();
  note('cancelled');
};

/** The end of the turn, or of a plugin that another fault has ended before. @param {Scene} scene */
const over = ({ turn }) => Promise.race([turn.ended, turn.plugin.closed]);

/** @param {Pick<Scene, 'workspace' | 'random' | 'note'>} scene */
const garbage = ({ workspace, random, note }) => {
  const file = path.join(workspace, SESSION);
  const kind = random.one(
    /** @type {const} */ (['empty', 'text', 'long', 'unknown thread', 'link', 'two lines']),
  );
  note(`session file: ${kind}`);
  rmSync(file, { force: true });
  if (kind === 'link') {
    symlinkSync('/dev/null', file);
    return;
  }
  const texts = {
    empty: '',
    text: '--last',
    long: 'x'.repeat(1_000_000),
    'unknown thread': random.id(),
    'two lines': `${random.id()}\n${random.id()}\n`,
  };
  writeFileSync(file, texts[kind]);
};

/** @type {readonly Fault[]} */
export const FAULTS = [
  { name: 'none', weight: 6 },
  {
    name: 'cancel',
    weight: 5,
    plans: [...BUSY, ...LONG],
    ends: ['cancelled'],
    cancels: true,
    act: cancel,
  },
  {
    name: 'cancel twice',
    weight: 2,
    plans: [...BUSY, ...LONG],
    ends: ['cancelled'],
    cancels: true,
    act: async (scene) => {
      cancel(scene);
      await sleep(scene.ms / 10);
      scene.turn.plugin.cancel(scene.turn.id);
      await over(scene);
      scene.turn.plugin.cancel(scene.turn.id);
    },
  },
  { name: 'cancel in the queue', weight: 2, plans: BUSY, queues: true },
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
      // An app-server that has nothing more to do for the turn is not ended, and would keep the
      // turns of others.
      await over(scene);
      if (pid !== undefined) signal(pid, 'SIGCONT');
    }),
  },
  {
    name: 'host stalls',
    weight: 2,
    plans: ['much', 'say', 'flood', 'long', 'noise'],
    act: async ({ life, ms }) => life.stall(ms),
  },
  {
    name: 'model fails',
    weight: 4,
    plans: ['cut', '500', '429', 'silent', 'dies', 'exits', 'early', 'mute'],
  },
  { name: 'garbage session before', weight: 2, before: garbage, spoils: 'session' },
  {
    name: 'garbage session in the turn',
    weight: 2,
    spoils: 'session',
    act: garbage,
  },
  {
    name: 'workspace removed',
    weight: 2,
    plans: BUSY,
    any: true,
    spoils: 'workspace',
    act: ({ workspace }) => rmSync(workspace, { recursive: true, force: true, maxRetries: 5 }),
  },
  {
    name: 'disk full for codex',
    weight: 4,
    plans: ['say', 'shell', 'much', 'tool'],
    any: true,
    before: ({ workspace, random }) =>
      writeFileSync(path.join(workspace, '.disk-full'), String(random.one([0, 8, 64, 512]))),
    after: (workspace) => rmSync(path.join(workspace, '.disk-full'), { force: true }),
  },
  {
    name: 'disk full for all',
    weight: 1,
    plans: BUSY,
    any: true,
    act: async ({ life, ms, note }) =>
      note((await life.fillDisk(ms)) ? 'disk full' : 'no prlimit here'),
  },
  {
    name: 'kill -9 plugin',
    weight: 1,
    plans: [...BUSY, ...LONG],
    any: true,
    act: async ({ life }) => life.restart('SIGKILL'),
  },
  {
    name: 'SIGTERM plugin',
    weight: 1,
    plans: [...BUSY, ...LONG],
    any: true,
    act: async ({ life }) => life.restart('SIGTERM'),
  },
  {
    name: 'host closes stdin',
    weight: 1,
    plans: [...BUSY, ...LONG],
    any: true,
    act: async ({ life }) => life.restart('stdin'),
  },
];
