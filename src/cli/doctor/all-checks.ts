import { isLeft } from 'fp-ts/lib/Either.js';
import { catchError, concat, defer, EMPTY, from, map, mergeMap, type Observable, of } from 'rxjs';
import type { CodexAnswer } from '../../codex/exec/ask-codex.js';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { type Config, defaultConfig } from '../../plexum/config.js';
import { reasonOf } from '../../text/explain.js';
import type { CodexSays } from './ask-app-server.js';
import { type Check, green, guardCheck, red } from './check.js';
import { type CheckedCodex, checkBinary, noBinary } from './codex-checks.js';
import type { DoctorOptions, DoctorPorts } from './doctor-ports.js';
import { checkHooks } from './hook-check.js';
import {
  checkAllowed,
  checkConfig,
  checkManifest,
  checkNode,
  checkProfile,
} from './install-checks.js';
import { checkLimits } from './limits-check.js';
import { listedModels } from './listed-models.js';
import { checkLogin, loginOf, servesDefaultOnly } from './login-check.js';
import { checkModels, type ModelAccess } from './model-checks.js';
import { checkDrift, checkOrphans } from './orphan-checks.js';
import { checkSession } from './session-check.js';
import { checkSockets } from './socket-check.js';
import { checkTransport } from './transport-check.js';
import { checkTools, checkTurn, PROBE, TOOLS_PROMPT, TURN_PROMPT } from './turn-checks.js';
import { checkVersion } from './version-check.js';
import { checkWire } from './wire-check.js';

/**
 * Runs all checks one after another and emits each check when it is done. Completes after the last
 * one. Does not fail: a check that breaks is red. Unsubscribe ends the running check.
 */
export const allChecks = (
  { workspaces, turn, tools, mend }: DoctorOptions,
  ports: DoctorPorts,
): Observable<Check> =>
  defer(() => {
    const { isThere, loaded } = ports.readConfig();
    const config = isLeft(loaded) ? defaultConfig : loaded.right.config;
    const modelId =
      config.supportedModels.find((id) => 'model' in modelFlag(id, config.modelArgs)) ?? 'codex';
    const strange = ports.readWireCounts();
    const check = (id: string, run: () => Check): Observable<Check> =>
      guardCheck(id, id, () => of(run()));
    const turnCheck = (id: string, check$: () => Observable<Check>): Observable<Check> =>
      isLeft(loaded)
        ? of(red(id, id, 'it was not run, since the config cannot be read', 'fix the config first'))
        : guardCheck(id, id, check$);
    return concat(
      of(checkNode(ports.nodeVersion), checkConfig(ports.configFile, isThere, loaded)),
      guardCheck('codex', 'codex', () => codexChecks(config, workspaces, ports)),
      check('transport', () => checkTransport(config)),
      check('profile', () => checkProfile(ports.folders())),
      check('allow-list', () => checkAllowed(ports.plexumJson())),
      check('manifest', () => checkManifest(ports.manifestJson(), ports.manifest(config))),
      guardCheck('sockets', 'sockets', () => checkSockets(config.bridge, ports.listen$)),
      workspaces.length === 0
        ? of(
            green(
              'sessions',
              'sessions',
              'no workspace was checked; name one or more with --workspace',
            ),
          )
        : from(workspaces).pipe(mergeMap((workspace) => checkSession(workspace, ports.session), 1)),
      guardCheck('leftovers', 'leftovers', () => checkOrphans(mend, ports.orphans)),
      check('drift', () => checkDrift(ports.readDrift(), ports.driftFile)),
      strange.length === 0 ? EMPTY : check('wire', () => checkWire(strange, ports.driftFile)),
      turn
        ? turnCheck('turn', () =>
            checkTurn(modelId, ports.run(config, { modelId, prompt: TURN_PROMPT, tools: [] })),
          )
        : EMPTY,
      tools
        ? turnCheck('tools', () =>
            checkTools(
              config.bridge,
              ports.word(),
              ports.run(
                { ...config, bridgeRequired: true },
                { modelId, prompt: TOOLS_PROMPT, tools: [PROBE] },
              ),
            ),
          )
        : EMPTY,
    );
  });

/** The checks of codex: program, version, login, and what its app-server says. */
const codexChecks = (
  config: Config,
  workspaces: readonly string[],
  { configFile, ...ports }: DoctorPorts,
): Observable<Check> => {
  const { binary, extraArgs } = config;
  const says$: Observable<CodexSays | undefined> =
    ports.codexSays$?.(binary, workspaces) ?? of(undefined);
  const saidChecks = (access: ModelAccess): Observable<Check> =>
    says$.pipe(
      mergeMap((says) =>
        says === undefined
          ? of(checkModels(config, access))
          : of(
              checkModels(config, { ...access, listed: listedModels(says.models) }),
              checkLimits(says),
              checkHooks(says.hooks, extraArgs),
            ),
      ),
    );
  let codex: CheckedCodex;
  try {
    codex = ports.findCodex(binary);
  } catch (error) {
    const access = { defaultOnly: false, isOpenAi: false };
    return concat(of(noBinary(reasonOf(error), configFile)), saidChecks(access));
  }
  const needs = ports.loginNeeds(extraArgs);
  return concat(
    of(checkBinary(binary, codex, configFile)),
    guardCheck('codex-version', 'codex version', () =>
      ports.version$(binary).pipe(map((version) => checkVersion(codex.file, version))),
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
