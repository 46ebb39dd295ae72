import { missingResult, type ToolEvent } from '../../canonical/turn-event.js';
import { Call, Output } from './rollout-record.js';
import { callEvents, outputEvent } from './tool-events.js';

/** Follows the calls of a turn in the records of its rollout. Holds only ids. */
export const createTurnCalls = () => {
  const announced = new Set<string>();
  /** Without an output, in order. */
  const open = new Set<string>();
  const failed = new Set<string>();
  /** Calls of the last response without an output. */
  const running = new Set<string>();
  let isResponseOver = false;
  let earlier: ReadonlySet<string> = new Set();
  let repeated = 0;
  const begin = (call: Call): ToolEvent[] => {
    const { call_id: id } = call;
    if (announced.has(id)) {
      // The host knows a call by its id alone.
      if (!earlier.has(id)) repeated += 1;
      return [];
    }
    const events = callEvents(call);
    for (const ids of [announced, open, running]) ids.add(id);
    return events;
  };
  return {
    /** The ids of the calls so far. */
    announced,
    /** The tool events of an item of the model or for it. */
    events: (item: unknown): ToolEvent[] => {
      if (Output.is(item)) {
        running.delete(item.call_id);
        return open.delete(item.call_id) ? [outputEvent(item, failed.has(item.call_id))] : [];
      }
      // The model says more when it has every output, whether codex has recorded each or not.
      if (isResponseOver) running.clear();
      isResponseOver = false;
      return Call.is(item) ? begin(item) : [];
    },
    /** codex has reported a call as failed. */
    fail: (id: string): void => void failed.add(id),
    endResponse: (): void => {
      isResponseOver = true;
    },
    /** The number of calls that the model waits for. */
    running: (): number => running.size,
    /** The number of calls that repeat an id. */
    repeated: (): number => repeated,
    missing: (): ToolEvent[] => Array.from(open, missingResult),
    /** Begins the records again: the calls so far are no repeats. */
    restart: (): void => {
      earlier = new Set(announced);
      repeated = 0;
    },
  };
};
