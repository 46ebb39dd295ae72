// The versions of Node beside the one that runs this, from npm's packages of Node.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const NODES = ['20.20.2', '22.23.3', '24.21.0'];
/** npm's package of Node itself: the one named `node` needs a script to run at its installation. */
export const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;

/** @param {string} version */
export const nodeFolder = (version) => path.join(root, '.cache/node', version);
/** The executable of a version, there or not. @param {string} version */
export const nodeOf = (version) =>
  path.join(nodeFolder(version), 'node_modules', NODE_PACKAGE, 'bin/node');
