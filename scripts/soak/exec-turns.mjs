// Turns on `codex exec`: of the fake codex, whose steps come with the prompt, and of the real one.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { AT_ONCE, checkEnd, TOOL } from './turn.mjs';

const usage = { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 };
const started = { type: 'thread.started', thread_id: '01a1fb66-da72-74a1-b1d7-516b533534cb' };
const said = { type: 'item.completed', item: { type: 'agent_message', text: 'x'.repeat(20_000) } };
const whole = [
  { out: [started, { type: 'turn.started' }, said, said, { type: 'turn.completed', usage }] },
];
/** @type {Record<string, { ends: string, steps: unknown[] }>} */
const FAKE = {
  completed: { ends: 'end_turn', steps: whole },
  tools: { ends: 'end_turn', steps: whole },
  failed: {
    ends: 'rate_limit',
    steps: [
      { out: [started, { type: 'turn.failed', error: { message: 'rate limit' } }] },
      { exit: 1 },
    ],
  },
  died: { ends: 'process_died', steps: [{ out: [started] }, { kill: 'SIGKILL' }] },
  cancelled: { ends: 'cancelled', steps: [{ out: [started] }, { wait: 100_000 }] },
};
/** The kinds of ten turns. */
const KINDS = [
  'completed',
  'cancelled',
  'completed',
  'tools',
  'failed',
  'completed',
  'died',
  'tools',
  'completed',
  'completed',
];

/**
 * Turns on `codex exec`. Every 20th runs on the real codex.
 * @param {import('../lib/lab.mjs').Lab} lab @param {import('../lib/lab.mjs').Plugin} plugin
 * @returns {import('./turn.mjs').Turn}
 */
export const execTurns = (lab, plugin) => {
  const fakes = Array.from({ length: AT_ONCE }, (_, nth) =>
    lab.makeWorkspace(`fake-${nth}`, { fake: true }),
  );
  const real = lab.makeWorkspace('real');
  return async (nth) => {
    const kind = nth % 20 === 19 ? 'real' : (KINDS[nth % KINDS.length] ?? '');
    const params =
      kind === 'real'
        ? turnParams(real, 'Say one word.')
        : turnParams(fakes[nth % AT_ONCE] ?? '', JSON.stringify(FAKE[kind]?.steps));
    const turn = plugin.stream(kind === 'tools' ? withTools(params, [TOOL]) : params);
    if (kind === 'cancelled') {
      await sleep(150);
      plugin.cancel(turn.id);
    } else await turn.response;
    await checkEnd(turn, kind, kind === 'real' ? 'end_turn' : FAKE[kind]?.ends);
  };
};
