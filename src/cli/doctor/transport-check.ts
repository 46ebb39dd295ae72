import { serverArgs } from '../../codex/app-server/server-args.js';
import { threadArgs } from '../../codex/app-server/thread-args.js';
import { argsBesideModel } from '../../codex/exec/model-flag.js';
import type { Config } from '../../plexum/config.js';
import { redact } from '../../text/redact.js';
import { type Check, checkOf } from './check.js';

const { green, yellow, red } = checkOf('transport');

/**
 * Reports the transport that runs turns, and the setting that chooses it. `problem`: why the
 * app-server does not start.
 */
export const checkTransport = (
  {
    transport,
    appServerRequired,
    extraArgs,
    modelArgs,
  }: Pick<Config, 'transport' | 'appServerRequired' | 'extraArgs' | 'modelArgs'>,
  problem?: string,
): Check => {
  if (transport === 'exec')
    return green(
      'exec: a process of codex exec for each turn, as "transport" says; "app-server" streams the text as the model writes it',
    );
  const own = serverArgs(extraArgs).unfit;
  const unfit = own === undefined ? undefined : redact(own);
  const otherwise = appServerRequired
    ? 'turns fail when it cannot start ("app_server_required")'
    : 'codex exec runs a turn when it cannot start';
  const unfitModels = Object.entries(modelArgs).flatMap(([id, value]) => {
    const { unfit: first } = threadArgs(argsBesideModel(value));
    return first === undefined ? [] : [`${redact(first)} in model_args.${id}`];
  });
  if (unfit === undefined && unfitModels.length > 0)
    return yellow(
      `${unfitModels.join(', ')}: for codex exec only, so turns of this model fail on the app-server`,
      'take it out of model_args, or set "transport": "exec"',
    );
  if (unfit === undefined && problem !== undefined)
    return (appServerRequired ? red : yellow)(
      `app-server: it does not start here: ${problem}; ${otherwise}`,
      `see what it says by hand (codex app-server), or set "transport": "exec"`,
    );
  return unfit === undefined
    ? green(`app-server: one for all turns, as "transport" says; ${otherwise}`)
    : yellow(
        `${unfit} in extra_args is for codex exec only, so the app-server is not started; ${otherwise}`,
        `take ${unfit} out of extra_args, or set "transport": "exec"`,
      );
};
