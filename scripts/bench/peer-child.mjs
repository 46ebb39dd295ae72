// The peers of the app-server, in a process of their own: each message of the parent is a turn, and
// answered with its times.
import { loadAiSdk } from './ai-sdk.mjs';
import { answerTurns } from './answer-turns.mjs';
import { loadSdk } from './codex-sdk.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {{ sdk: string, aiSdk: string, codex: string, cwd: string, model: string, minimum:
 * string }} Job `minimum`: the codex that it has to bear
 */

/** @type {Job} */
const { sdk, aiSdk, codex, cwd, model, minimum } = JSON.parse(process.argv[2] ?? '');
const { Codex } = await loadSdk(sdk);
const { createCodexAppServer } = await loadAiSdk(aiSdk);

/**
 * @template T @param {() => Promise<AsyncIterable<T>>} open @param {(event: T) => boolean} isText
 * @returns {Promise<Times>}
 */
const timed = async (open, isText) => {
  const begin = performance.now();
  const times = { first: NaN, text: NaN, end: NaN };
  for await (const event of await open()) {
    const now = performance.now() - begin;
    if (Number.isNaN(times.first)) times.first = now;
    if (Number.isNaN(times.text) && isText(event)) times.text = now;
  }
  times.end = performance.now() - begin;
  if (Number.isNaN(times.text)) throw new Error('a turn of a peer said nothing');
  return times;
};

const newThread = () =>
  new Codex({ codexPathOverride: codex }).startThread({
    workingDirectory: cwd,
    skipGitRepoCheck: true,
    model,
  });
const kept = newThread();
/** @param {import('./codex-sdk.mjs').SdkThread} thread @param {string} text */
const bySdk = (thread, text) =>
  timed(
    async () => (await thread.runStreamed(text)).events,
    ({ item }) => item?.type === 'agent_message',
  );

/** @param {'persistent' | 'stateless'} threadMode */
const open = (threadMode) =>
  createCodexAppServer({
    defaultSettings: {
      cwd,
      codexPath: codex,
      threadMode,
      sandboxPolicy: 'danger-full-access',
      approvalPolicy: 'never',
      minCodexVersion: minimum,
      logger: false,
    },
  });
/** @param {import('./ai-sdk.mjs').AiProvider} provider @param {string} text */
const byAiSdk = (provider, text) =>
  timed(
    async () =>
      (
        await provider(model).doStream({
          prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
        })
      ).stream,
    ({ type, error }) => {
      if (type === 'error') throw error;
      return type === 'text-delta';
    },
  );
const warm = open('persistent');
const threads = open('stateless');

/** @type {Record<string, (text: string) => Promise<Times>>} */
const sides = {
  sdkNew: (text) => bySdk(newThread(), text),
  sdkResume: (text) => bySdk(kept, text),
  aiCold: async (text) => {
    const provider = open('persistent');
    return byAiSdk(provider, text).finally(() => provider.close());
  },
  aiWarm: (text) => byAiSdk(warm, text),
  /** A new thread of an app-server that stays. */
  aiThread: (text) => byAiSdk(threads, text),
};

answerTurns(sides, () => Promise.all([warm.close(), threads.close()]));
