// Without esbuild, which a measured process would have in its memory.
import { createRequire } from 'node:module';
import path from 'node:path';

/** @typedef {typeof import('./chain-program.js')} Chain */

/** Loads what `bundleChain` has written. @param {string} file @returns {Chain} */
export const loadChain = (file) => createRequire(import.meta.url)(path.resolve(file));
