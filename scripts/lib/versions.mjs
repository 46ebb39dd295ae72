// The table of versions for scripts.
import { fromSource } from './from-source.mjs';

/** @type {typeof import('../../src/codex/versions.js')} */
export const { TESTED, OLDEST, NEWEST, codexCan } = await fromSource('codex/versions.ts');

/** What `npm run test:matrix` installs beside the dev dependency, oldest first. */
export const OTHER_VERSIONS = TESTED.flatMap(({ version }) =>
  version === NEWEST ? [] : [version],
);

/** @type {typeof import('../../src/codex/version.js')} */
export const { isOlder } = await fromSource('codex/version.ts');
