import { catchError, concat, map, mergeMap, type Observable, of } from 'rxjs';
import type { CodexAnswer } from '../../codex/exec/ask-codex.js';
import type { Config } from '../../plexum/config.js';
import { reasonOf } from '../../text/explain.js';
import type { CodexSays } from './ask-app-server.js';
import { type Check, guardCheck } from './check.js';
import { type CheckedCodex, checkBinary, noBinary } from './codex-checks.js';
import type { DoctorPorts } from './doctor-ports.js';
import { checkHooks } from './hook-check.js';
import { checkLimits } from './limits-check.js';
import { listedModels } from './listed-models.js';
import { checkLogin, loginOf, servesDefaultOnly } from './login-check.js';
import { checkModels, type ModelAccess } from './model-checks.js';
import { checkVersion } from './version-check.js';

/** The checks of codex: program, version, login, and what its app-server says. */
export const codexChecks = (
  config: Config,
  says$: Observable<CodexSays | undefined>,
  { configFile, ...ports }: DoctorPorts,
): Observable<Check> => {
  const { binary, extraArgs } = config;
  const saidChecks = (access: ModelAccess): Observable<Check> =>
    says$.pipe(
      mergeMap((says) =>
        says === undefined
          ? of(checkModels(config, access))
          : of(
              checkModels(config, { ...access, listed: listedModels(says.models) }),
              checkLimits(says),
              checkHooks(says, config),
            ),
      ),
    );
  let codex: CheckedCodex;
  try {
    codex = ports.findCodex(binary);
  } catch (error) {
    const access = { defaultOnly: false, isOpenAi: false };
    return concat(of(noBinary(error, configFile)), saidChecks(access));
  }
  const needs = ports.loginNeeds(extraArgs);
  return concat(
    of(checkBinary(binary, codex, configFile)),
    guardCheck(
      'codex-version',
      () => ports.version$(binary).pipe(map((version) => checkVersion(codex.file, version))),
      'codex version',
    ),
    ports.loginStatus$(binary).pipe(
      catchError((error: unknown) =>
        of<CodexAnswer>({ code: null, text: reasonOf(error), expired: false }),
      ),
      mergeMap((answer) =>
        concat(
          of(checkLogin(answer, needs)),
          saidChecks({
            defaultOnly: servesDefaultOnly(loginOf(answer), needs),
            isOpenAi: needs.provider === undefined,
          }),
        ),
      ),
    ),
  );
};
