import type { CodexItem } from '../codex/events/codex-item.js';
import { type CodexSignal, isCompletedText } from '../codex/events/signal.js';

const TOOLS: ReadonlySet<CodexItem['type']> = new Set([
  'command_execution',
  'file_change',
  'mcp_tool_call',
  'web_search',
  'collab_tool_call',
]);

/** The running tools of a turn. */
export interface RunningTools {
  /** The number of running tools. */
  running: number;
  /** Whether the response that called the running tools may still be streaming. */
  calling: boolean;
  /** Whether the transport emits `response.over`; it emits pieces, too, then. */
  live: boolean;
}

/** Counts the tools that start and end with a signal. */
export const trackTools = (tools: RunningTools, signal: CodexSignal): void => {
  if (signal.type === 'response.over' || signal.type === 'item.piece') tools.live = true;
  if (signal.type === 'response.over') tools.calling = false;
  else if (signal.type === 'item.piece' || isCompletedText(signal)) {
    // A new message means that the model has every result, even where codex 0.135 does not print
    // the end of a slow command. A message of the response that calls the tools means nothing.
    if (!tools.live || !tools.calling) tools.running = 0;
  } else if (signal.type === 'item.started' && TOOLS.has(signal.item.type)) {
    tools.running += 1;
    tools.calling = true;
  } else if (signal.type === 'item.completed' && TOOLS.has(signal.item.type)) {
    tools.running = Math.max(0, tools.running - 1);
  }
};
