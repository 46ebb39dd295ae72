import { type Check, green, red } from './check.js';

const OLDEST_MAJOR = 20;

/** The Node that runs the plugin; `version` is `20.20.2`. */
export const checkNode = (version: string): Check =>
  Number.parseInt(version, 10) >= OLDEST_MAJOR
    ? green('node', 'Node', version)
    : red(
        'node',
        'Node',
        `${version} is too old`,
        `put Node ${OLDEST_MAJOR} or newer first on the daemon's PATH`,
      );
