// Writes a rollout as codex 0.169 has it after weeks of work; the same one in every run.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { randomOf } from '../lib/random.mjs';
import { recordsOf } from './rollout-records.mjs';

/**
 * `calls`: the ids of its tool calls, in order.
 * @typedef {{ bytes: number, calls: readonly string[] }} Rollout
 */

const PIECE = 1024 * 1024;
const PROSE = [
  'src/session/call-lines.ts:57:  const line = bytes.subarray(at, feed === -1 ? bytes.length : feed);\n',
  '   Compiling serde_json v1.0.140\n\twarning: unused variable: `call_id`\n',
  '{"call_id": "call_quoted", "type": "function_call_output", "output": "C:\\\\temp\\\\log"}\n',
  'Der Leser nimmt eine Zeile – auch „größere“ – und reicht sie weiter; l’été → 冬\n',
  '-rw-r--r-- 1 agent agent 40213 Nov 20 23:43 rollout-2026-11-20.jsonl\n',
];

/**
 * Writes a rollout of at least `bytes` bytes; with `records`, behind so many of a thread of codex.
 * @param {string} file @param {string} thread @param {number} bytes @param {number} [records]
 * @returns {Promise<Rollout>}
 */
export const writeRollout = async (file, thread, bytes, records = 0) => {
  const { fraction: random } = randomOf(4, 'rollout');
  let pool = '';
  while (pool.length < PIECE) pool += PROSE[Math.floor(random() * PROSE.length)] ?? '';
  const stream = createWriteStream(file, { flags: records === 0 ? 'w' : 'a' });
  /** @type {string[]} */ const calls = [];
  let ordinal = records;
  let written = 0;
  let batch = '';
  /** @param {[string, object]} record */
  const add = ([type, payload]) => {
    batch += `${JSON.stringify({ timestamp: '2026-11-20T23:43:57.015Z', ordinal: ordinal++, type, payload })}\n`;
  };
  const flush = async () => {
    const piece = Buffer.from(batch);
    written += piece.length;
    batch = '';
    if (!stream.write(piece)) await once(stream, 'drain');
  };
  if (records === 0)
    add([
      'session_meta',
      {
        session_id: thread,
        id: thread,
        cwd: '/home/agent/space',
        originator: 'codex_exec',
        cli_version: '0.169.0',
        source: 'exec',
      },
    ]);
  while (written < bytes) {
    const id = `call_${Math.floor(random() * 2 ** 48).toString(36)}${calls.length.toString(36)}`;
    calls.push(id);
    for (const record of recordsOf(id, random, pool)) add(record);
    if (batch.length > PIECE) await flush();
  }
  await flush();
  stream.end();
  await once(stream, 'close');
  return { bytes: written, calls };
};
