// All faults of a chaos run. A turn without a fault counts as one, too.
import { setTimeout as sleep } from 'node:timers/promises';
import { FILE_FAULTS } from './file-faults.mjs';
import { PROCESS_FAULTS } from './process-faults.mjs';
import { BUSY, cancel, LONG, over } from './scene.mjs';

/** @type {readonly import('./scene.mjs').Fault[]} */
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
  ...PROCESS_FAULTS,
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
  ...FILE_FAULTS,
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
