import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../fixtures', import.meta.url));

/** The recorded scenarios of a codex version. */
export const fixtures = (version: string): string[] => readdirSync(path.join(root, version)).toSorted();

/** A recorded file, '' where nothing was recorded. */
export const read = (version: string, scenario: string, file: string): string => {
  const name = path.join(root, version, scenario, file);
  return existsSync(name) ? readFileSync(name, 'utf8') : '';
};
