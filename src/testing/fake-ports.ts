import { EMPTY, NEVER, of } from 'rxjs';
import type { LogLevel } from '../canonical/notice.js';
import type { CodexRun } from '../codex/run.js';
import { always$ } from '../lines/readable.js';
import type { Ports } from '../ports.js';
import type { Turn } from '../turn/run-turn.js';

/** A call of the port `log`. */
export interface LogCall {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The run that the fake port `codexRun$` emits. It is never started. */
export const quietRun: CodexRun = { file: '/bin/codex', args: [], cwd: '/w', env: {}, stdin: '' };

/** A turn for `runTurn`, without images or tools. */
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
 * Ports without effects: no stored thread, no images, no queue, no deadlines, and a codex that
 * never emits. `overrides` replaces any of them. `logs` holds the calls of the port `log`.
 */
export const fakePorts = (
  overrides: Partial<Ports> = {},
): { readonly ports: Ports; readonly logs: LogCall[] } => {
  const logs: LogCall[] = [];
  const unknownKinds = new Set<string>();
  const ports: Ports = {
    codexRun$: () => of(quietRun),
    codex$: () => NEVER,
    openWorkspace$: () => EMPTY,
    readSession$: () => of({}),
    writeSession$: () => EMPTY,
    lockNewThread$: () => of(() => undefined),
    bridge$: () => NEVER,
    bridgeRequired: false,
    conversation: {
      history: 'lost',
      historyMaxChars: 100_000,
      onContextWindow: 'error',
      system: 'ignore',
    },
    instructionsOf$: () => of(''),
    noteInstructions$: () => EMPTY,
    deadlines: { firstEvent: 0, idle: 0, command: 0, reconnect: 0, turn: 0 },
    graceMs: 5_000,
    maxLineBytes: 1_000_000,
    ready$: always$,
    stageImages$: () => of({ paths: [], notes: [], release: () => undefined }),
    checkImages$: () => EMPTY,
    unarchive$: () => EMPTY,
    inOrder: (_workspace, _hurry$, source$) => source$,
    rolloutMark$: () => of({ offset: 0 }),
    rollout$: () => EMPTY,
    rolloutEnd$: () => EMPTY,
    rolloutFile$: () => EMPTY,
    lockRollout: (_file, source$) => source$,
    callLines$: () => EMPTY,
    linesWith$: () => EMPTY,
    patchFile$: () => EMPTY,
    drift: (kind) => !unknownKinds.has(kind) && unknownKinds.add(kind).has(kind),
    log: (level, msg, fields) => {
      logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) });
    },
    ...overrides,
  };
  return { ports, logs };
};
