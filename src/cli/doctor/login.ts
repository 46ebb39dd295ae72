import { redact } from '../../lines/redact.js';
import type { Said } from './ask-codex.js';
import { type Check, green, red, yellow } from './check.js';

/** How codex is logged in; `other` is a way that this plugin does not know. */
export type Login = 'chatgpt' | 'api-key' | 'other' | 'none' | 'unclear';

/** Reads the answer of `codex login status` (0.135.0 and 0.169.0). */
export const loginOf = ({ code, text, late }: Said): Login => {
  if (late) return 'unclear';
  if (code === 0)
    return /using ChatGPT/i.test(text)
      ? 'chatgpt'
      : /\bAPI key\b/i.test(text)
        ? 'api-key'
        : 'other';
  return /^not logged in/im.test(text) ? 'none' : 'unclear';
};

/** What else decides whether a login is needed. */
export interface LoginNeeds {
  /** CODEX_API_KEY, which `codex exec` takes and `codex login status` does not look at. */
  readonly hasKey: boolean;
  /** The provider of models that config.toml or extra_args choose; nothing for OpenAI's own. */
  readonly provider?: string | undefined;
}

const TITLE = 'login';
const HOW =
  'run "codex login" (or "codex login --with-api-key") as the user of the daemon, with its CODEX_HOME';

/** The login, and what it allows. */
export const checkLogin = (said: Said, { hasKey, provider }: LoginNeeds): Check => {
  const words = redact(said.text);
  switch (loginOf(said)) {
    case 'chatgpt':
      return green(
        'login',
        TITLE,
        'ChatGPT. It serves only the default model of the account; any other id comes back as 400 invalid_request_error',
      );
    case 'api-key':
      return green(
        'login',
        TITLE,
        'an API key. It serves more models: their ids go into supported_models and model_args',
      );
    case 'other':
      return yellow(
        'login',
        TITLE,
        `codex says: ${words}`,
        'this plugin does not know what this login allows; try it with "doctor --turn"',
      );
    case 'none':
      if (hasKey)
        return green(
          'login',
          TITLE,
          'none, but CODEX_API_KEY is set here, which does as well where the daemon has it too',
        );
      return provider === undefined
        ? red('login', TITLE, 'codex is not logged in', HOW)
        : yellow(
            'login',
            TITLE,
            `codex is not logged in, and its model_provider is ${JSON.stringify(provider)}`,
            `if that one needs a login: ${HOW}`,
          );
    case 'unclear':
      return said.late
        ? yellow(
            'login',
            TITLE,
            '"codex login status" did not answer within 10 s',
            'run it by hand, and see what it waits for',
          )
        : red(
            'login',
            TITLE,
            `"codex login status" failed: ${words}`,
            'mend what it says: its config.toml, its CODEX_HOME, or the login itself ("codex logout", then "codex login")',
          );
  }
};

/**
 * The model_provider that an operator has chosen, other than OpenAI itself: the last of extra_args,
 * else the top of config.toml.
 */
export const chosenProvider = (
  extraArgs: readonly string[],
  configToml: string,
): string | undefined => {
  const pattern = /^\s*model_provider\s*=\s*["']?([\w.-]+)/m;
  const [top = ''] = configToml.split(/^\s*\[/m);
  const given = extraArgs
    .map((arg) => arg.replace(/^(-c=?|--config=)/, ''))
    .flatMap((arg) => pattern.exec(arg)?.[1] ?? []);
  const provider = given.at(-1) ?? pattern.exec(top)?.[1];
  return provider === 'openai' ? undefined : provider;
};

/** Whether only the account's default model is served. */
export const servesDefaultOnly = (login: Login, { hasKey, provider }: LoginNeeds): boolean =>
  login === 'chatgpt' && !hasKey && provider === undefined;
