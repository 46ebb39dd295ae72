import path from 'node:path';
import { concat, defer, ignoreElements, merge, type Observable, of, tap } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { isTerminal, type Terminal, type TurnEvent } from '../../canonical/turn-event.js';
import { definedOnly } from '../../codex/environment.js';
import { nodePorts } from '../../node/ports.js';
import { profileOptions } from '../../node/ports-options.js';
import type { LoadedConfig } from '../../plexum/config.js';
import type { Ports } from '../../ports.js';
import type { Cancel } from '../../process/run.js';
import { spawnProcess } from '../../process/spawn.js';
import { noticesOf } from '../../record/record-notices.js';
import { createRecorder } from '../../record/recorder.js';
import { cleanUpOrphans } from '../../server/orphans.js';
import { recordTurn } from '../../turn/record-turn.js';
import { runTurn, type Turn } from '../../turn/run-turn.js';
import { INTERRUPTED } from '../command.js';
import type { Console } from './console.js';
import { render } from './render.js';
import { runTool } from './run-tool.js';
import type { ScreenNotice } from './screen.js';
import type { ScreenOptions } from './screen-options.js';
import { structuredAnswer } from './structured-answer.js';
import type { CommandTool } from './tools-file.js';

/** The settings of the turn. */
interface Setup extends LoadedConfig {
  /** Whether to begin a new thread instead of the workspace's. */
  readonly isNew: boolean;
  /** The file as it was given. */
  readonly record: string | undefined;
  readonly tools: readonly CommandTool[];
  /** Why the JSON of the answer does not fit the schema, if the turn has one. */
  readonly misfit: ((value: unknown) => string | undefined) | undefined;
}

type OnNotice = (notice: ScreenNotice) => void;

/**
 * Runs one turn and writes it to the console.
 *
 * Emits the exit code when the turn has completed, then completes: 0 for a completed turn, 1 for a
 * failed one and for an answer that does not fit the schema, 130 for a cancelled one. Does not
 * fail. Unsubscribe kills the process trees of codex and of the tools.
 */
export const sayTurn = (
  turn: Turn,
  setup: Setup,
  cancel$: Observable<Cancel>,
  output: Console & { readonly screen: ScreenOptions },
): Observable<number> =>
  defer(() => {
    let code = 1;
    let isMisfit = false;
    const shown$ = noticesOf<ScreenNotice>((onNotice) =>
      events(turn, setup, cancel$, output.ready$, onNotice),
    ).pipe(
      structuredAnswer({
        misfit: setup.misfit,
        json: output.screen.json,
        onMisfit: () => {
          isMisfit = true;
        },
      }),
      tap((what) => {
        if ('event' in what && isTerminal(what.event))
          code = isMisfit ? MISFIT : exitCode(what.event);
      }),
      render(output.screen),
      tap(output.write),
      ignoreElements(),
    );
    return concat(
      shown$,
      defer(() => of(code)),
    );
  });

/** The exit code of a completed turn whose answer does not fit the schema. */
const MISFIT = 1;

const exitCode = (end: Terminal): number => {
  if (end.type === 'error') return 1;
  return end.stop_reason === 'cancelled' ? INTERRUPTED : 0;
};

/** The events of the turn. `onNotice` receives every other notice and warning. */
const events = (
  turn: Turn,
  { config, warnings, isNew, record, tools }: Setup,
  cancel$: Observable<Cancel>,
  ready$: Observable<boolean>,
  onNotice: OnNotice,
): Observable<TurnEvent> =>
  defer(() => {
    const log: Log = (level, msg, fields) => {
      if (level === 'warning' || level === 'error')
        onNotice({ warning: warningWords(msg, fields) });
    };
    for (const warning of warnings) onNotice({ warning });
    const { env } = process;
    const place = profileOptions(env, process.argv[1]);
    const toolPorts = {
      process$: (run, stop$) => spawnProcess(run, stop$, { recordsFolder: place.recordsFolder }),
      cancel$,
      workspace: turn.workspace,
      env: definedOnly(env),
    } satisfies Parameters<typeof runTool>[2];
    const ports = nodePorts({
      // One turn: there is nothing to stay warm for.
      config: { ...config, appServerIdleMs: 0 },
      ...place,
      log,
      ready$,
      callTool$: (call) => runTool(tools, call, toolPorts),
    });
    const recordPath = record === undefined ? config.recordDir : path.resolve(record);
    const recorder =
      recordPath === undefined
        ? undefined
        : createRecorder(record === undefined ? { folder: recordPath } : { file: recordPath });
    const turnPorts: Ports = {
      ...ports,
      ...(isNew ? { readSession$: () => of({}) } : {}),
      record: recorder?.begin,
    };
    const turn$ = recordTurn(turn, turnPorts, (own) =>
      runTurn(turn, cancel$, {
        ...own,
        onNotice: (what) => {
          own.onNotice?.(what);
          onNotice(what);
        },
      }),
    );
    return merge(turn$, cleanUpOrphans(place.recordsFolder, place.socketBases, log));
  });

/** A log message and its fields as one line. */
const warningWords = (msg: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  [
    msg,
    ...Object.entries(fields).map(
      ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ].join('; ');
