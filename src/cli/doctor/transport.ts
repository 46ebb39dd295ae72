import { serverArgs } from '../../codex/app-server/server-args.js';
import type { Config } from '../../plexum/config.js';
import { type Check, green, yellow } from './check.js';

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
