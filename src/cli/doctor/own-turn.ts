import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { defer, finalize, map, type Observable, take } from 'rxjs';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { always$ } from '../../lines/readable.js';
import { nodePorts } from '../../node/ports.js';
import { profileOptions } from '../../node/ports-options.js';
import type { Config } from '../../plexum/config.js';
import { temporaryFolder } from '../../process/create-folder.js';
import type { Cancel } from '../../process/run.js';
import { runTurn } from '../../turn/run-turn.js';
import type { OwnTurn } from './doctor-ports.js';
import type { Run } from './watch-turn.js';

/** The longest turn that doctor runs, in milliseconds. A shorter `turn_timeout_ms` wins. */
const OWN_TURN_MS = 300_000;

/**
 * Runs a turn in a temporary workspace, which is removed when the turn has ended. The first value
 * of `stop$` cancels the turn. `stop$` is replayed, so that it also cancels a later turn.
 */
export const ownTurn =
  (
    config: Config,
    { modelId, prompt, tools }: OwnTurn,
    env: NodeJS.ProcessEnv,
    stop$: Observable<unknown>,
  ): Run =>
  ({ callTool$, log }) =>
    defer(() => {
      const workspace = mkdtempSync(path.join(temporaryFolder(), 'plexum-doctor-'));
      const flag = modelFlag(modelId, config.modelArgs);
      const turn =
        config.deadlines.turn === 0 ? OWN_TURN_MS : Math.min(config.deadlines.turn, OWN_TURN_MS);
      const ports = nodePorts({
        config: { ...config, appServerIdleMs: 0, deadlines: { ...config.deadlines, turn } },
        ...profileOptions(env, process.argv[1]),
        log,
        ready$: always$,
        callTool$,
      });
      const cancel$ = stop$.pipe(
        take(1),
        map((): Cancel => ({ reason: 'host', graceMs: config.graceMs })),
      );
      const asked = {
        agentId: 'doctor',
        modelId,
        ...('model' in flag ? { model: flag.model, modelArgs: flag.args } : { model: undefined }),
        workspace,
        text: prompt,
        images: [],
        tools,
      };
      return runTurn(asked, cancel$, ports).pipe(
        finalize(() => rmSync(workspace, { recursive: true, force: true, maxRetries: 5 })),
      );
    });
