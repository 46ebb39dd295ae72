// A home without the operator's own settings, and a model on loopback for it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startModelServer } from '../lib/model-server.mjs';
import { endAll, processesOf } from '../lib/processes.mjs';

/** @typedef {Awaited<ReturnType<typeof openHome>>} Home */

/** @param {import('./situations.mjs').Situation['reply']} reply */
export const openHome = async (reply) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-try-'));
  const at = (/** @type {string} */ name) => path.join(dir, name);
  for (const name of ['home', 'codex', 'workspace']) mkdirSync(at(name));
  const model = await startModelServer({ reply });
  // Without a model of its own, so that a turn without one shows the default.
  writeFileSync(at('codex/config.toml'), model.configToml.replace(/^model = .*\n/, ''));
  const end = () => endAll(() => processesOf(at('home')));
  return {
    at,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: at('home'),
      CODEX_HOME: at('codex'),
      TMPDIR: at('home'),
    },
    model,
    /** Ends what still runs in it. */
    endAll: end,
    close: async () => {
      await end();
      await model.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
};
