import { isOlder } from './version.js';

/** A version of codex on which every test runs. `npm run codex:try` prints the row of another. */
export interface TestedVersion {
  readonly version: string;
  /** The model of a turn that names none, with an API key. */
  readonly defaultModel: string;
}

const oldest: TestedVersion = { version: '0.135.0', defaultModel: 'gpt-5.5' };
const pinned: TestedVersion = { version: '0.171.0', defaultModel: 'gpt-6.2-sol' };

/**
 * The tested versions, oldest first. The last is the dev dependency; `npm run test:matrix` installs
 * the others beside it.
 */
export const TESTED: readonly TestedVersion[] = [
  oldest,
  { version: '0.150.1', defaultModel: 'gpt-5.6-sol' },
  { version: '0.169.0', defaultModel: 'gpt-6.1-sol' },
  pinned,
];

/** The oldest codex that the plugin runs. */
export const OLDEST = oldest.version;

/** The newest codex whose streams, flags and rollouts were measured. */
export const NEWEST = pinned.version;

/** What codex does from a version on, as far as this program asks (README.md beside this file). */
const SINCE = {
  /** `codex exec` exits after its turn also when its thread has goals. */
  endsDespiteGoals: '0.136.0',
  /** Unpacks a compressed rollout (`.jsonl.zst`) when it resumes the thread. */
  readsPacked: '0.137.0',
  /**
   * `codex exec` runs every hook with `--dangerously-bypass-hook-trust`; before, it takes that flag
   * and runs the trusted ones only. Tried with UserPromptSubmit.
   */
  bypassesHookTrust: '0.141.0',
  /** Accepts `direct_only_tool_namespaces`; before, 100 tools and more are hidden by a search. */
  directTools: '0.142.0',
  /** The app-server writes no personality into config.toml. */
  keepsPersonality: '0.145.0',
  /** Says the end of every command; before, it loses that of many that take 0.5 s. */
  saysEveryEnd: '0.146.0',
  /** Allows one writer per thread, and refuses a second one. */
  writerLock: '0.147.0',
  /** Tries for ever to reconnect, unless a feature forbids it. */
  endlessRetries: '0.148.0',
  /** Keeps the names of tools whole; before, it cuts namespace and name to 62 characters. */
  longToolNames: '0.149.0',
  /** The app-server unloads a thread after `thread_unload_delay_secs`. */
  unloadsThreads: '0.154.0',
  /** Refuses to resume a thread of another model provider. */
  threadHasProvider: '0.167.0',
  /** `codex exec` neither trusts a workspace by itself nor writes that down. */
  asksForTrust: '0.169.0',
} as const;

export type Ability = keyof typeof SINCE;

/** Whether codex of this version can do it. A version that is unknown counts as the newest. */
export const codexCan = (version: string | undefined, ability: Ability): boolean =>
  version === undefined || !isOlder(version, SINCE[ability]);
