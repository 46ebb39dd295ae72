import { noUsage, type TurnEvent, type Usage } from '../canonical/turn-event.js';
import type { Exited, ProcessSignal, Stdout } from '../process/run.js';

/** The thread id in `turnEvents` and `codexOutput`. */
export const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';

const usage: Usage = {
  input_tokens: 10,
  cached_input_tokens: 4,
  output_tokens: 2,
  reasoning_output_tokens: 1,
};

/**
 * Events of a turn for marble diagrams, `cold('M--t--E|', turnEvents)`:
 *
 * | | |
 * |-|-|
 * | `M` | `message_start` of a new thread, `R` of a resumed thread |
 * | `h` | `thinking_delta` |
 * | `t` | `text_delta` of the first message, `u` of a later one |
 * | `c` `d` `e` | `tool_call_start`, `tool_call_delta`, `tool_call_end` |
 * | `o` | `tool_result`, `f` of a failed tool |
 * | `E` | `message_end`, `K` of a cancelled turn |
 * | `X` | `error` that is retryable, `Y` error that is not |
 */
export const turnEvents = {
  M: { type: 'message_start', model: 'codex' },
  R: { type: 'message_start', model: 'codex', thread_id: THREAD },
  h: { type: 'thinking_delta', text: 'hm' },
  t: { type: 'text_delta', text: 'hello' },
  u: { type: 'text_delta', text: '\n\nworld' },
  c: { type: 'tool_call_start', id: 'call_1', name: 'look_up' },
  d: { type: 'tool_call_delta', id: 'call_1', arguments: '{"colour":"teal"}' },
  e: { type: 'tool_call_end', id: 'call_1' },
  o: { type: 'tool_result', id: 'call_1', output: '#008080', is_error: false },
  f: { type: 'tool_result', id: 'call_1', output: 'no such colour', is_error: true },
  E: { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: THREAD },
  K: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: THREAD },
  X: {
    type: 'error',
    kind: 'stream_interrupted',
    message: 'codex: stream disconnected before completion (send the turn again)',
    retryable: true,
  },
  Y: {
    type: 'error',
    kind: 'auth',
    message: 'codex: unexpected status 401 Unauthorized',
    retryable: false,
  },
} as const satisfies Readonly<Record<string, TurnEvent>>;

const line = (event: unknown): Stdout => ({
  type: 'stdout',
  chunk: Buffer.from(`${JSON.stringify(event)}\n`),
});
const item = (type: string, text: string): Stdout =>
  line({ type: 'item.completed', item: { id: 'item_0', type, text } });
const exit = (exited: Partial<Exited>): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  ...exited,
});

/**
 * Output of a codex process, one line per marble, for the port `codex$`: with
 * `cold('T-S--a--C(x|)', codexOutput)` the turn is `M----t---(E|)` of `turnEvents`.
 *
 * | | |
 * |-|-|
 * | `T` `S` | `thread.started`, `turn.started` |
 * | `r` | a reasoning item; becomes `h` of `turnEvents` |
 * | `a` `b` | agent messages; become `t` and `u` |
 * | `n` | a line that is not JSON |
 * | `C` `F` | `turn.completed`, `turn.failed`; become `E` and `X` at the exit |
 * | `x` `d` | the exit with code 0, the exit with code 101 |
 */
export const codexOutput = {
  T: line({ type: 'thread.started', thread_id: THREAD }),
  S: line({ type: 'turn.started' }),
  r: item('reasoning', 'hm'),
  a: item('agent_message', 'hello'),
  b: item('agent_message', 'world'),
  n: { type: 'stdout', chunk: Buffer.from('noise\n') },
  C: line({ type: 'turn.completed', usage }),
  F: line({ type: 'turn.failed', error: { message: 'stream disconnected before completion' } }),
  x: exit({}),
  d: exit({ code: 101 }),
} as const satisfies Readonly<Record<string, ProcessSignal>>;
