import { isTerminal, type TurnEvent } from '../../src/canonical/turn-event.js';

/**
 * The violations of the grammar of a turn (src/plexum/WIRE.md), one sentence each: a turn has one
 * terminal event, the last; a call is start, deltas, end, with an id of its own; every call has a
 * result before the terminal event; all events are JSON.
 */
export const faultsOf = (turn: readonly TurnEvent[]): string[] => {
  const faults: string[] = [];
  const calls = new Map<string, number>();
  let open: string | undefined;
  turn.forEach((event, i) => {
    const fault = (what: string): void => void faults.push(`${i} ${event.type}: ${what}`);
    if (isTerminal(event) !== (i === turn.length - 1))
      fault('the terminal event is the last one, and the only one');
    if (event.type === 'message_start' && i > 0) fault('a turn begins once');
    const within = event.type === 'tool_call_delta' || event.type === 'tool_call_end';
    if (within ? event.id !== open : open !== undefined)
      fault(`stands ${within ? 'outside' : 'inside'} of a call`);
    if (event.type === 'tool_call_start') {
      if (calls.has(event.id)) fault('a second call of one id');
      open = event.id;
      calls.set(event.id, (calls.get(event.id) ?? 0) + 1);
    } else if (event.type === 'tool_call_end') open = undefined;
    else if (event.type === 'tool_result') {
      const left = (calls.get(event.id) ?? 0) - 1;
      if (left < 0) fault('a result of no call');
      calls.set(event.id, left);
    }
    const numbers = [
      ...('usage' in event ? Object.values(event.usage ?? {}) : []),
      ...('retry_after_ms' in event ? [event.retry_after_ms ?? 0] : []),
    ];
    if (numbers.some((number) => !Number.isFinite(number) || number < 0))
      fault(`odd numbers: ${numbers.join(' ')}`);
    if ((event.type === 'text_delta' || event.type === 'thinking_delta') && event.text === '')
      fault('no text');
    if (
      event.type === 'error' &&
      /^(codex:)?\s*((the process )?exit(ed)?( with)?( code)? \d+)?\s*$/.test(event.message)
    )
      fault('no reason');
  });
  if (turn.length === 0) faults.push('there is no event at all');
  for (const [id, left] of calls)
    if (left > 0) faults.push(`the call ${JSON.stringify(id)} has no result`);
  return faults;
};
