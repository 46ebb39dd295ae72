import { lastOverride } from '../../arguments/codex-arguments.js';
import { parseSettings, tomlValue } from '../../codex/config-toml.js';
import type { CodexAnswer } from '../../codex/exec/ask-codex.js';
import { redact } from '../../text/redact.js';
import { type Check, checkOf } from './check.js';

/** How codex is logged in. `other`: a way that this plugin does not know. */
export type Login = 'chatgpt' | 'api-key' | 'other' | 'none' | 'unclear';

/** Reads the answer of `codex login status`, as codex 0.135.0 and 0.169.0 print it. */
export const loginOf = ({ code, text, expired }: CodexAnswer): Login => {
  if (expired) return 'unclear';
  if (code === 0)
    return /using ChatGPT/i.test(text)
      ? 'chatgpt'
      : /\bAPI key\b/i.test(text)
        ? 'api-key'
        : 'other';
  return /^not logged in/im.test(text) ? 'none' : 'unclear';
};

/** The settings that decide whether codex needs a login. */
export interface LoginNeeds {
  /** Whether CODEX_API_KEY is set. `codex exec` uses it; `codex login status` ignores it. */
  readonly hasKey: boolean;
  /** The model provider that config.toml or extra_args choose; absent for OpenAI. */
  readonly provider?: string | undefined;
}

const { green, yellow, red } = checkOf('login');

/** What to do about a login that is missing or refused. */
export const LOGIN_STEP =
  'run "codex login" (or "codex login --with-api-key") as the user of the daemon, with its CODEX_HOME';

/** Reports the login and the models that it serves. */
export const checkLogin = (said: CodexAnswer, { hasKey, provider }: LoginNeeds): Check => {
  const words = redact(said.text);
  switch (loginOf(said)) {
    case 'chatgpt':
      return green(
        'ChatGPT. It serves only the default model of the account; any other id comes back as 400 invalid_request_error',
      );
    case 'api-key':
      return green(
        'an API key. It serves more models: their ids go into supported_models and model_args',
      );
    case 'other':
      return yellow(
        `codex says: ${words}`,
        'this plugin does not know which models this login serves; try it with "doctor --turn"',
      );
    case 'none':
      if (hasKey)
        return green('none, but CODEX_API_KEY is set here; turns use it if the daemon has it too');
      return provider === undefined
        ? red('codex is not logged in', LOGIN_STEP)
        : yellow(
            `codex is not logged in, and its model_provider is ${JSON.stringify(provider)}`,
            `if this provider needs a login: ${LOGIN_STEP}`,
          );
    case 'unclear':
      return said.expired
        ? yellow(
            '"codex login status" did not answer within 10 s',
            'run it by hand, and see what it waits for',
          )
        : red(
            `"codex login status" failed: ${words}`,
            'fix what it says: its config.toml, its CODEX_HOME, or the login itself ("codex logout", then "codex login")',
          );
  }
};

/**
 * The model_provider of the last `-c` in extra_args, else of config.toml. `undefined` when it is
 * OpenAI, or when neither chooses one.
 */
export const chosenProvider = (
  extraArgs: readonly string[],
  configToml: string,
): string | undefined => {
  const given = lastOverride(extraArgs, 'model_provider');
  const provider =
    given === undefined ? parseSettings(configToml)?.model_provider : tomlValue(given);
  return typeof provider !== 'string' || provider === 'openai' ? undefined : provider;
};

/** Whether the login serves only the default model of the account. */
export const servesDefaultOnly = (login: Login, { hasKey, provider }: LoginNeeds): boolean =>
  login === 'chatgpt' && !hasKey && provider === undefined;
