// Faults of files: the session file, the workspace and a full disk.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUSY } from './scene.mjs';
import { SESSION } from './session-file.mjs';

/** Replaces the session file by garbage. @param {import('./scene.mjs').Setting} setting */
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

/** @type {readonly import('./scene.mjs').Fault[]} */
export const FILE_FAULTS = [
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
];
