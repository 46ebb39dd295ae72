import { concat, EMPTY, NEVER, of } from 'rxjs';
import type { CodexRun } from '../../src/codex/exec/codex-run.js';
import type { LogLevel } from '../../src/log.js';
import type { Ports } from '../../src/ports.js';

export interface LogCall {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export const quietRun: CodexRun = { file: '/bin/codex', args: [], cwd: '/w', env: {}, stdin: '' };

/** Ports that do nothing but what is given: no stored thread, no images, no queue, a codex that never says a word. `logs` keeps the log calls. */
export const fakePorts = (given: Partial<Ports> = {}): { readonly ports: Ports; readonly logs: LogCall[] } => {
  const logs: LogCall[] = [];
  const drifted = new Set<string>();
  const ports: Ports = {
    codexRun$: () => of(quietRun),
    codex$: () => NEVER,
    readSession$: () => of({}),
    writeSession$: () => EMPTY,
    bridge$: () => NEVER,
    bridgeRequired: false,
    deadlines: { firstEvent: 0, idle: 0, command: 0, turn: 0 },
    graceMs: 5_000,
    maxLineBytes: 1_000_000,
    ready$: concat(of(true), NEVER),
    stageImages$: () => of({ paths: [], notes: [], release: () => undefined }),
    inOrder: (_workspace, _hurry$, source$) => source$,
    rolloutMark$: () => of({ offset: 0 }),
    rollout$: () => EMPTY,
    rolloutFile$: () => EMPTY,
    callLines$: () => EMPTY,
    patchFile$: () => EMPTY,
    drift: (kind) => !drifted.has(kind) && drifted.add(kind).has(kind),
    log: (level, msg, fields) => {
      logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) });
    },
    ...given,
  };
  return { ports, logs };
};
