import type { ErrorKind } from '../../canonical/turn-event.js';
import { WORD_STEPS } from './word-steps.js';

/** What to do about an unsupported model. The refusal itself does not mention it. */
export const WHAT_A_LOGIN_SERVES =
  'a ChatGPT login serves only its default model: remove the id from supported_models and model_args, or log codex in with an API key';

/** What to do about a failure of a kind, where no words of it say more. */
export const STEPS: Readonly<Record<ErrorKind, string>> = {
  auth: 'log codex in again (`codex login`) as the user and with the CODEX_HOME of the daemon',
  rate_limit: 'wait a moment, then send the turn again',
  usage_limit: 'wait until the limit resets, or use another plan or an API key',
  quota: 'add credits, raise the limit or change the plan, then send the turn again',
  // The refusal itself names no file of the workspace.
  context_window:
    'remove .plexum-codex-session from the workspace to begin a new thread, or set "on_context_window": "new_thread" in config.json, and the next turn begins one',
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

/** Every step that a message of this kind may have. */
export const stepsOf = (kind: ErrorKind): string[] => [...WORD_STEPS, STEPS[kind]];
