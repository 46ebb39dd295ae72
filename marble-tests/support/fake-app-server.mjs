#!/usr/bin/env node
// A `codex app-server` whose turns do what their prompt says: "hello" answers, "wait" runs until it
// is interrupted, "flood" writes deltas without end and answers no interrupt.
import { createInterface } from 'node:readline';
import { PINNED } from '../../scripts/lib/codexes.mjs';

if (process.argv.includes('--version')) {
  console.log(`codex-cli ${PINNED}`);
  process.exit();
}
process.on('SIGINT', () => {});

const write = (frame) => process.stdout.write(`${JSON.stringify(frame)}\n`);
const notify = (method, params) => write({ method, params });
/** The prompts of the running turns, by thread. */
const turns = new Map();
let threads = 0;

const flood = (threadId) => {
  const delta = { threadId, turnId: threadId, itemId: 'm', delta: 'flood '.repeat(10) };
  const line = `${JSON.stringify({ method: 'item/agentMessage/delta', params: delta })}\n`;
  const chunk = line.repeat(300);
  const pump = () => {
    while (process.stdout.write(chunk)) continue;
    process.stdout.once('drain', pump);
  };
  pump();
};
const complete = (threadId, status) => {
  turns.delete(threadId);
  notify('turn/completed', { threadId, turn: { id: threadId, status, error: null } });
};

const answers = {
  initialize: () => ({ userAgent: 'fake' }),
  'thread/start': () => {
    threads += 1;
    return { thread: { id: `00000000-0000-7000-8000-${String(threads).padStart(12, '0')}` } };
  },
  'thread/resume': ({ threadId }) => ({ thread: { id: threadId } }),
  'turn/start': ({ threadId, input }) => {
    const { text } = input[0];
    turns.set(threadId, text);
    setImmediate(() => {
      notify('turn/started', { threadId, turn: { id: threadId } });
      if (text === 'flood') flood(threadId);
      if (text !== 'hello') return;
      const item = { type: 'agentMessage', id: 'm', text: 'hello' };
      notify('item/completed', { threadId, turnId: threadId, item });
      complete(threadId, 'completed');
    });
    return { turn: { id: threadId } };
  },
  'turn/interrupt': ({ threadId }) => {
    if (turns.get(threadId) === 'flood') return undefined;
    setImmediate(() => complete(threadId, 'interrupted'));
    return {};
  },
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const result = method in answers ? answers[method](params) : {};
    if (result !== undefined) write({ id, result });
  })
  .on('close', () => process.exit());
