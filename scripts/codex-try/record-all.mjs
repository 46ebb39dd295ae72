// Every situation over both transports, of one version, and the files of what came.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { record, TRANSPORTS } from './record.mjs';
import { SITUATIONS } from './situations.mjs';

/**
 * @typedef {import('./record.mjs').Recording} Recording
 * @typedef {{ name: string, transport: string, recording: Recording }} Recorded
 */

/** Leaves out codex's own prompts: they are most of a rollout. @param {string} key */
const elide = (key, /** @type {any} */ value) => {
  if (key === 'base_instructions') return { text: '(elided)' };
  return value?.role === 'developer'
    ? { ...value, content: [{ type: 'input_text', text: '(elided)' }] }
    : value;
};

/** @param {readonly unknown[]} values */
const jsonLines = (values) => values.map((value) => `${JSON.stringify(value, elide)}\n`).join('');

/**
 * As fixtures are laid out: `<situation>/stdout.jsonl`, `rollout.jsonl`, `stderr.txt`, `exit.txt`.
 * @param {string} folder @param {Recorded} recorded
 */
const write = (folder, { name, transport, recording }) => {
  const dir = path.join(folder, transport, name);
  mkdirSync(dir, { recursive: true });
  const files = {
    'stdout.jsonl': recording.lines.map((line) => `${line}\n`).join(''),
    'rollout.jsonl': jsonLines(recording.records),
    'stderr.txt': recording.stderr,
    'exit.txt': `${recording.exit}\n`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(dir, file), text);
};

/**
 * @param {string} file the native codex @param {string} folder for the files
 * @returns {Promise<Recorded[]>}
 */
export const recordAll = async (file, folder) => {
  /** @type {Recorded[]} */ const all = [];
  for (const situation of SITUATIONS) {
    for (const transport of TRANSPORTS) {
      const recording = await record(file, transport, situation);
      all.push({ name: situation.name, transport, recording });
      write(folder, { name: situation.name, transport, recording });
    }
  }
  return all;
};
