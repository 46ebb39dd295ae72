// Bundles the chain of src/, so that a measurement needs no TypeScript loader.
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { lean } from '../lib/lean.mjs';
import { shaken } from '../lib/shaken.mjs';

/**
 * @typedef {object} Chain
 * @property {typeof import('../../src/turn/run-turn.js').runTurn} runTurn
 * @property {typeof import('../../src/session/mutate-session.js').mutateSession} mutateSession
 * @property {typeof import('../../src/node/ports.js').nodePorts} nodePorts
 * @property {typeof import('../../src/plexum/config.js').defaultConfig} defaultConfig
 * @property {typeof import('../../src/codex/exec/find-codex.js').warmUp} warmUp
 * @property {typeof import('../../src/codex/exec/exec-args.js').execArgs} execArgs
 * @property {typeof import('../../src/codex/exec/resolve-binary.js').resolveBinary} resolveBinary
 * @property {typeof import('rxjs').BehaviorSubject} BehaviorSubject
 * @property {typeof import('rxjs').NEVER} NEVER
 */

const entry = `
export { runTurn } from './src/turn/run-turn.ts';
export { mutateSession } from './src/session/mutate-session.ts';
export { warmUp } from './src/codex/exec/find-codex.ts';
export { nodePorts } from './src/node/ports.ts';
export { defaultConfig } from './src/plexum/config.ts';
export { execArgs } from './src/codex/exec/exec-args.ts';
export { resolveBinary } from './src/codex/exec/resolve-binary.ts';
export { BehaviorSubject, NEVER } from 'rxjs';
`;

/** Writes the bundle. @param {string} root @param {string} outfile ends in .cjs */
export const bundleChain = (root, outfile) =>
  build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [shaken, lean],
  });

/** Loads the bundle as the plugin's launcher does. @param {string} bundle @returns {Chain} */
export const loadChain = (bundle) => createRequire(import.meta.url)(path.resolve(bundle));
