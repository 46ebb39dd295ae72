// The codex of the demo, and its environment.
import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The codex on PATH for a live demo, else the one of the dev dependencies.
 * @param {boolean} live
 */
export const findCodex = async (live) => {
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'codex'));
  for (const file of live ? onPath : [])
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  return path.join(root, 'node_modules/@openai/codex/bin/codex.js');
};

/** The environment of this process without unset variables. */
export const definedEnv = () =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
