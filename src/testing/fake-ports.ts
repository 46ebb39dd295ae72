import { EMPTY, NEVER, of } from 'rxjs';
import type { LogLevel } from '../canonical/notice.js';
import { always$ } from '../lines/readable.js';
import type { Ports } from '../ports.js';
import type { ProcessRun } from '../process/run.js';
import type { Turn } from '../turn/run-turn.js';

/** A call of the port `log`. */
export interface LogCall {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A run of codex that nobody starts: what the fake port `codexRun$` emits. */
export const quietRun: ProcessRun = { file: '/bin/codex', args: [], cwd: '/w', env: {}, stdin: '' };

/** A turn for `runTurn`, without images and tools. */
export const exampleTurn: Turn = {
  agentId: 'ada',
  modelId: 'codex',
  model: undefined,
  workspace: '/w',
  text: 'hi',
  images: [],
  tools: [],
};

/**
 * Ports that do nothing but what is given: no stored thread, no images, no queue, no deadlines, a
 * codex that never says a word. `logs` keeps the log calls.
 */
export const fakePorts = (
  given: Partial<Ports> = {},
): { readonly ports: Ports; readonly logs: LogCall[] } => {
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
    ready$: always$,
    stageImages$: () => of({ paths: [], notes: [], release: () => undefined }),
    inOrder: (_workspace, _hurry$, source$) => source$,
    rolloutMark$: () => of({ offset: 0 }),
    rollout$: () => EMPTY,
    rolloutEnd$: () => EMPTY,
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
