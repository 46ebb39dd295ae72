import { type CodexItem, toolItems } from '../codex/events/codex-item.js';
import { type CodexSignal, isCompletedText } from '../codex/events/signal.js';

interface Tool {
  readonly type: CodexItem['type'];
  /** The id of the item, where codex gives one. */
  readonly id: string | undefined;
}

/** The running tools of a turn. */
export interface RunningTools {
  running: readonly Tool[];
  /** Whether the response that called the running tools may still be streaming. */
  calling: boolean;
  /** Whether the transport emits `response.over`; it emits pieces, too, then. */
  live: boolean;
  /** The number of calls in the rollout whose outputs the model waits for. */
  waiting: number;
}

export const NO_TOOLS: Readonly<RunningTools> = {
  running: [],
  calling: false,
  live: false,
  waiting: 0,
};

export const isToolRunning = ({ running, waiting }: Readonly<RunningTools>): boolean =>
  running.length > 0 || waiting > 0;

/**
 * Follows the calls in the rollout, of which `waiting` have no output. A `codex exec` that may lose
 * the end of a command has lost it when every call has its output.
 */
export const trackCalls = (tools: RunningTools, waiting: number, saysEveryEnd: boolean): void => {
  tools.waiting = waiting;
  if (waiting === 0 && !saysEveryEnd && !tools.live)
    tools.running = tools.running.filter(({ type }) => type !== 'command_execution');
};

/**
 * Follows the tools that start and end with a signal. `saysEveryEnd`: whether `codex exec` of this
 * version says the end of every command, as the app-server of each does; see `codex/versions.ts`.
 */
export const trackTools = (
  tools: RunningTools,
  signal: CodexSignal,
  saysEveryEnd: boolean,
): void => {
  if (signal.type === 'response.over' || signal.type === 'item.piece') tools.live = true;
  if (signal.type === 'response.over') tools.calling = false;
  else if (signal.type === 'item.piece' || isCompletedText(signal)) {
    // A new message means that the model has every result; but a command may run on in the
    // background. A message of the response that calls the tools means nothing.
    if (tools.running.length > 0 && (!tools.live || !tools.calling))
      tools.running = tools.running.filter(
        ({ type }) => (saysEveryEnd || tools.live) && type === 'command_execution',
      );
  } else if (signal.type === 'item.started' && toolItems.has(signal.item.type)) {
    tools.running = [...tools.running, toolOf(signal.item)];
    tools.calling = true;
  } else if (signal.type === 'item.completed' && toolItems.has(signal.item.type)) {
    const ended = toolOf(signal.item);
    const at = tools.running.findIndex(({ type, id }) => type === ended.type && id === ended.id);
    tools.running = tools.running.filter((_tool, index) => index !== at);
  }
};

const toolOf = (item: CodexItem): Tool => ({
  type: item.type,
  id: 'id' in item && typeof item.id === 'string' ? item.id : undefined,
});
