import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { realCodex } from './lab.js';

const cached = (version: string): string =>
  fileURLToPath(new URL(`../../.cache/codex/${version}/node_modules/@openai/codex/bin/codex.js`, import.meta.url));

/** The real codexes that are here: the dev dependency, and those that `npm run test:matrix` put beside it. */
export const codexes: readonly { readonly version: string; readonly file: string }[] = [
  { version: '0.169.0', file: realCodex },
  ...['0.135.0'].map((version) => ({ version, file: cached(version) })).filter(({ file }) => existsSync(file)),
];
