import type { ErrorKind } from '../../canonical/turn-event.js';
import { STRICT_STEP } from '../strict-schema.js';

/** What to do about an unsupported model. The refusal itself does not mention it. */
export const WHAT_A_LOGIN_SERVES =
  'a ChatGPT login serves only its default model: remove the id from supported_models and model_args, or log codex in with an API key';

/** What to do about a full context window. The refusal itself names no file of the workspace. */
export const FULL_THREAD =
  'remove .plexum-codex-session from the workspace to begin a new thread, or set "on_context_window": "new_thread" in config.json, and the next turn begins one';

/** What to do about a failure of a kind, for a message that does not say it. */
export const ADVICE: Readonly<Record<ErrorKind, string>> = {
  auth: 'log codex in again (`codex login`) as the user and with the CODEX_HOME of the daemon',
  rate_limit: 'wait a moment, then send the turn again',
  usage_limit: 'wait until the limit resets, or use another plan or an API key',
  quota: 'add credits, raise the limit or change the plan, then send the turn again',
  context_window: FULL_THREAD,
  model_unsupported: WHAT_A_LOGIN_SERVES,
  invalid_request: 'change what the message names, then send the turn again',
  overloaded: 'wait a moment, then send the turn again',
  network:
    'check whether this machine reaches the provider (DNS, the proxy in HTTPS_PROXY, firewall), then send the turn again',
  stream_interrupted: 'send the turn again',
  content_filtered: 'change the wording of the request',
  prompt_too_large: 'shorten the prompt',
  thread_busy: 'wait until the other codex is done, then send the turn again',
  thread_lost: 'send the turn again: it begins a new thread',
  config:
    "correct codex's config.toml or extra_args; `plexum-openai-provider-plugin doctor` shows them",
  binary: 'install codex, or set binary in config.json to its absolute path',
  mcp_startup: "check the MCP servers in codex's config.toml (`codex mcp list`)",
  timeout: 'send the turn again, or raise the limit in config.json',
  process_died: 'send the turn again; `plexum-openai-provider-plugin doctor` shows what is wrong',
  internal:
    'send the turn again once; if it fails again, look at `plexum-openai-provider-plugin doctor` and at the log of codex',
};

const again = (step: string): string => ` (${step}, then send the turn again)`;

const FILES =
  'raise the limit of open files of the daemon (LimitNOFILE= of its systemd unit, `ulimit -n` of its shell)';

/**
 * What to do about a resource of the machine that has run out, by the words of codex, SQLite or the
 * system. SQLite names no reason (src/codex/README.md, few descriptors).
 */
const SHORTAGES: readonly (readonly [words: RegExp, advice: string])[] = [
  [/No space left|disk quota|disk is full|ENOSPC|EDQUOT/i, again('free space on the disk')],
  [/\(os error 24\)|EMFILE|application network policy is unavailable/, again(FILES)],
  [
    /unable to open database file/,
    again(`${FILES}, or give its user write access to CODEX_HOME and its databases`),
  ],
  [/\(os error 23\)|ENFILE/, again('raise fs.file-max of the machine, or end other programs')],
  [
    /\(os error (?:11|12)\)|EAGAIN|ENOMEM/,
    again(
      'free memory, or raise the limit of processes of the daemon (TasksMax= of its systemd unit, `ulimit -u` of its shell)',
    ),
  ],
];

/** What to do about a resource that has run out, in parentheses; empty for other failures. */
export const shortageAdvice = (text: string): string =>
  SHORTAGES.find(([words]) => words.test(text))?.[1] ?? '';

/**
 * SQLite cannot read a database of codex. `list_turns`: what `codex exec` says then of each thread
 * that it resumes (measured on 0.150.1 and 0.171.0).
 */
export const DAMAGED_DATABASE =
  /file is not a database|database disk image is malformed|list_turns is not supported yet/i;

/**
 * What to do about files that codex cannot use (measured on 0.135.0 and 0.171.0). It names them,
 * but not its home.
 */
const FILE_STEPS: readonly (readonly [words: RegExp, advice: string])[] = [
  [
    DAMAGED_DATABASE,
    ' (a database of codex is damaged: stop the daemon and every codex, and move *.sqlite* out of CODEX_HOME, without one out of ~/.codex: codex makes them anew from its sessions, but for its goals and memories)',
  ],
  [
    /^[^/]*\b(?:Permission denied|Read-only file system) \(os error/i,
    ' (give the user of the daemon write access to CODEX_HOME, without one to ~/.codex, and to all that lies in it)',
  ],
  [
    /(?:Permission denied|Read-only file system) \(os error/i,
    ' (give the user of the daemon access to what the message names)',
  ],
  [
    /CODEX_HOME points to/,
    ' (make this folder and log codex in there, or name another one in the environment of the daemon)',
  ],
];

/** What to do about files that codex cannot use, in parentheses; empty for other failures. */
export const fileAdvice = (kind: ErrorKind, text: string): string =>
  (kind === 'config' && FILE_STEPS.find(([words]) => words.test(text))?.[1]) || '';

/** Words by which a message says itself what to do. */
export const SAYS_IT =
  /\b(?:please|try again|retry (?:after|later)|check your|upgrade|ask (?:your|an)|add credits|increase your|run (?:`codex|scripts\/)|start a new thread|contact|sign in|log ?in|re-run|choose (?:an|another)|remove (?:it|or)|switch to|set )\b/i;

/** What to do about a failure, in parentheses; empty when the message says it itself. */
export const adviceFor = (kind: ErrorKind, text: string): string => {
  const shortage = shortageAdvice(text);
  if (shortage !== '') return shortage;
  if (/Invalid schema for response_format/i.test(text)) return ` (${STRICT_STEP})`;
  const file = fileAdvice(kind, text);
  if (file !== '') return file;
  return SAYS_IT.test(text) && kind !== 'context_window' ? '' : ` (${ADVICE[kind]})`;
};
