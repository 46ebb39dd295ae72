import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessSignal } from '../../src/process/run.js';

const root = fileURLToPath(new URL('../fixtures', import.meta.url));

/** The versions of codex with recorded scenarios. */
export const recordedVersions: readonly string[] = readdirSync(root).filter((name) =>
  /^\d/.test(name),
);

/** The recorded scenarios of a codex version. */
export const fixtures = (version: string): string[] =>
  readdirSync(path.join(root, version)).toSorted();

/** The text of a recorded file; '' when it is missing. */
export const read = (version: string, scenario: string, file: string): string => {
  const name = path.join(root, version, scenario, file);
  return existsSync(name) ? readFileSync(name, 'utf8') : '';
};

/** The process signals of a recorded turn. `exit.txt` is `code=0 signal=null ms=442`. */
export const recordedTurn = (version: string, scenario: string): ProcessSignal[] => {
  const [, code, signal] =
    /^code=(\S+) signal=(\S+)/.exec(read(version, scenario, 'exit.txt')) ?? [];
  if (code === undefined || signal === undefined)
    throw new Error(`${version}/${scenario}/exit.txt does not say "code=0 signal=null"`);
  const exit = {
    code: code === 'null' ? null : Number(code),
    signal: signal === 'null' ? null : signal,
  };
  return [
    { type: 'stdout', chunk: Buffer.from(read(version, scenario, 'stdout.jsonl')) },
    { type: 'exited', ...exit, stderr: read(version, scenario, 'stderr.txt') },
  ];
};
