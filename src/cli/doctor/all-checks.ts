import { isLeft } from 'fp-ts/lib/Either.js';
import { concat, defer, EMPTY, from, map, mergeMap, type Observable, of, shareReplay } from 'rxjs';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { defaultConfig } from '../../plexum/config.js';
import { concatSteps } from '../../streams/concat-steps.js';
import type { CodexSays } from './ask-app-server.js';
import { type Check, checkOf, guardCheck } from './check.js';
import { codexChecks } from './checks-of-codex.js';
import type { DoctorOptions, DoctorPorts } from './doctor-ports.js';
import { checkDrift, checkWire } from './drift-checks.js';
import { checkFolders } from './folders-check.js';
import {
  checkAllowed,
  checkConfig,
  checkManifest,
  checkNode,
  checkProfile,
} from './install-checks.js';
import { checkOrphans } from './orphan-checks.js';
import { checkSession } from './session-check.js';
import { checkSockets } from './socket-check.js';
import { checkTransport } from './transport-check.js';
import { checkTools, checkTurn, PROBE, TOOLS_PROMPT, TURN_PROMPT } from './turn-checks.js';
import { turnProviders } from './turn-providers.js';

/**
 * Runs all checks one after another and emits each check when it is done. Completes after the last
 * one. Does not fail: a check that breaks is red. Unsubscribe ends the running check.
 */
export const allChecks = (
  { workspaces, turn, tools, mend, appServer }: DoctorOptions,
  ports: DoctorPorts,
): Observable<Check> =>
  defer(() => {
    const { isThere, loaded } = ports.readConfig();
    const config = isLeft(loaded) ? defaultConfig : loaded.right.config;
    const modelId =
      config.supportedModels.find((id) => 'model' in modelFlag(id, config.modelArgs)) ?? 'codex';
    const strange = ports.readWireCounts();
    const asked$: Observable<CodexSays | undefined> =
      (appServer ? ports.codexSays$?.(config, workspaces) : undefined) ?? of(undefined);
    // One app-server for the checks of codex and of the transport.
    const says$ = asked$.pipe(shareReplay({ bufferSize: 1, refCount: true }));
    const onServer$ = config.transport === 'exec' ? of(undefined) : says$;
    const check = (id: string, run: () => Check): Observable<Check> =>
      guardCheck(id, () => of(run()));
    const turnCheck = (id: string, check$: () => Observable<Check>): Observable<Check> =>
      isLeft(loaded)
        ? of(
            checkOf(id).red(
              'it was not run, since the config cannot be read',
              'fix the config first',
            ),
          )
        : guardCheck(id, check$);
    return concat(
      of(checkNode(ports.nodeVersion), checkConfig(ports.configFile, isThere, loaded)),
      guardCheck('codex', () => codexChecks(config, says$, ports)),
      guardCheck('transport', () =>
        onServer$.pipe(map((says) => checkTransport(config, says?.problem))),
      ),
      check('profile', () => checkProfile(ports.folders())),
      check('folders', () => checkFolders(ports.writtenFolders(config))),
      check('allow-list', () => checkAllowed(ports.plexumJson())),
      check('manifest', () => checkManifest(ports.manifestJson(), ports.manifest(config))),
      guardCheck('sockets', () => checkSockets(config.bridge, ports.listen$)),
      workspaces.length === 0
        ? of(
            checkOf('sessions').green(
              'no workspace was checked; name one or more with --workspace',
            ),
          )
        : says$.pipe(
            map((says) => turnProviders(says, config)),
            mergeMap((providers) =>
              from(workspaces).pipe(
                concatSteps((workspace) => checkSession(workspace, ports.session, providers)),
              ),
            ),
          ),
      guardCheck('leftovers', () => checkOrphans(mend, ports.orphans)),
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
