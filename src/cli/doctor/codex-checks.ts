import path from 'node:path';
import { serverArgs } from '../../codex/app-server/server-args.js';
import { WHAT_A_LOGIN_SERVES } from '../../codex/events/failure.js';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { isOlder, NEWEST, OLDEST } from '../../codex/version.js';
import type { Config } from '../../plexum/config.js';
import { redact } from '../../text/redact.js';
import type { Said } from './ask-codex.js';
import { type Check, green, red, yellow } from './check.js';

/** A codex that was found: the program that config.json means, and the one that is started. */
export interface CheckedCodex {
  readonly found: string;
  readonly file: string;
}

const SYSTEMD = 'systemd starts daemons with a short PATH, on which another codex or none may be';

/** Where codex is. */
export const checkBinary = (
  binary: string,
  { found, file }: CheckedCodex,
  configFile: string,
): Check => {
  const native = file === found ? '' : `, which starts ${file}`;
  const isWrapper = file === found && found.endsWith('.js');
  if (!path.isAbsolute(binary)) {
    const mend = `set "binary" in ${configFile} to ${JSON.stringify(found)}`;
    return yellow(
      'codex',
      'codex',
      `${JSON.stringify(binary)} is ${found} on this PATH${native}; ${SYSTEMD}`,
      mend,
    );
  }
  return isWrapper
    ? yellow(
        'codex',
        'codex',
        `${found} is a script, and the native program behind it was not found`,
        'reinstall it with "npm install -g @openai/codex"',
      )
    : green('codex', 'codex', `${found}${native}`);
};

export const noBinary = (reason: string, configFile: string): Check =>
  red(
    'codex',
    'codex',
    reason,
    `install codex, or set "binary" in ${configFile} to the absolute path of one`,
  );

/** Whether this version was tested; nothing is known of one that does not tell. */
export const checkVersion = (file: string, version: string | undefined): Check => {
  const tested = `tested are ${OLDEST} to ${NEWEST}`;
  const check = { id: 'codex-version', title: 'codex version' };
  if (version === undefined)
    return red(
      check.id,
      check.title,
      `${file} --version told none in time`,
      `run it by hand: is it codex, and for this kind of machine? (${tested})`,
    );
  if (isOlder(version, OLDEST))
    return red(
      check.id,
      check.title,
      `${version} is too old, ${tested}`,
      'update it with "npm install -g @openai/codex@latest"',
    );
  return isOlder(NEWEST, version)
    ? yellow(
        check.id,
        check.title,
        `${version} is not tested yet, ${tested}`,
        'run "doctor --turn --tools", or update the plugin',
      )
    : green(check.id, check.title, `${version} (${tested})`);
};

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

/**
 * What the models of the manifest become. `defaultOnly`: the login serves codex's own choice and
 * nothing else.
 */
export const checkModels = (
  { supportedModels, modelArgs }: Pick<Config, 'supportedModels' | 'modelArgs'>,
  defaultOnly: boolean,
): Check => {
  const mapped = Object.keys(modelArgs).filter(
    (id) => id !== 'codex' && !supportedModels.includes(id),
  );
  const flags = [...new Set([...supportedModels, ...mapped])].map((id) => ({
    id,
    flag: modelFlag(id, modelArgs),
  }));
  const detail = flags
    .map(({ id, flag }) => {
      if ('refused' in flag) return `${JSON.stringify(id)} → refused, since it looks like a flag`;
      const to = flag.model === undefined ? "codex's own choice" : `--model ${flag.model}`;
      return `${id} → ${to}${mapped.includes(id) ? ' (not in supported_models, so the manifest does not show it)' : ''}`;
    })
    .join('\n');
  const title = 'models';
  if (flags.some(({ flag }) => 'refused' in flag))
    return red(
      'models',
      title,
      detail,
      'correct the id in supported_models, or its value in model_args: it may not begin with "-" or white space, hold control characters, or be over 256 long',
    );
  if (supportedModels.length === 0)
    return yellow(
      'models',
      title,
      'supported_models is empty, so the manifest shows no model',
      'name at least one: ["codex"]',
    );
  const others = flags
    .filter(({ flag }) => 'model' in flag && flag.model !== undefined)
    .map(({ id }) => id);
  return defaultOnly && others.length > 0
    ? yellow('models', title, detail, `${others.join(', ')}: ${WHAT_A_LOGIN_SERVES}`)
    : green('models', title, detail);
};

/** By which way turns run, and why. */
export const checkTransport = ({
  transport,
  appServerRequired,
  extraArgs,
}: Pick<Config, 'transport' | 'appServerRequired' | 'extraArgs'>): Check => {
  const title = 'transport';
  if (transport === 'exec')
    return green(
      'transport',
      title,
      'exec: a process of codex exec for each turn, as "transport" says; "app-server" streams the text as the model writes it',
    );
  const { unfit } = serverArgs(extraArgs);
  const otherwise = appServerRequired
    ? 'turns fail when it cannot start ("app_server_required")'
    : 'codex exec runs a turn when it cannot start';
  return unfit === undefined
    ? green('transport', title, `app-server: one for all turns, as "transport" says; ${otherwise}`)
    : yellow(
        'transport',
        title,
        `${unfit} in extra_args is for codex exec only, so the app-server is not started; ${otherwise}`,
        `take ${unfit} out of extra_args, or set "transport": "exec"`,
      );
};
