#!/usr/bin/env node
// A `codex app-server` whose turns fail with what their prompt says: the JSON of a message and,
// after it, its `codexErrorInfo`. Every other request gets an empty answer.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { PINNED } from '../../scripts/lib/codexes.mjs';

/** @param {object} frame */
const write = (frame) => console.log(JSON.stringify(frame));

/** @type {Record<string, (params: any) => object>} */
const answers = {
  'thread/start': () => ({ thread: { id: randomUUID() } }),
  'turn/start': ({ threadId, input }) => {
    const [message, codexErrorInfo = null] = JSON.parse(input[0].text);
    const id = randomUUID();
    setImmediate(() => {
      write({ method: 'turn/started', params: { threadId, turn: { id } } });
      const turn = { id, status: 'failed', error: { message, codexErrorInfo } };
      write({ method: 'turn/completed', params: { threadId, turn } });
    });
    return { turn: { id } };
  },
};

if (process.argv.includes('--version')) console.log(`codex-cli ${PINNED}`);
else
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id !== undefined) write({ id, result: answers[method]?.(params) ?? {} });
  });
