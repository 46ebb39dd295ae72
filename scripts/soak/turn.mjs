// What the turns of both transports share: their tool, and the check of their end.

/**
 * Runs the `nth` turn. Fails when the turn ends otherwise than its kind.
 * @typedef {(nth: number) => Promise<void>} Turn
 */

/** Turns that run at once. */
export const AT_ONCE = 4;

export const TOOL = {
  name: 'look_up',
  description: 'Looks a word up.',
  inputSchema: { type: 'object' },
};

/**
 * Waits for the terminal event and compares its stop reason, or the kind of its error, with `ends`.
 * @param {import('../lib/host.mjs').OpenTurn} turn @param {string} kind
 * @param {string | undefined} ends
 */
export const checkEnd = async (turn, kind, ends) => {
  const last = await turn.ended;
  if ((last['stop_reason'] ?? last['kind']) !== ends)
    throw new Error(`a turn, ${kind}, ended with ${JSON.stringify(last)}`);
};
