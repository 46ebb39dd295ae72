// What the plugin makes of a recording: its canonical events in short, and what it does not know.
// By the built library, so that every part has the same rxjs.
import { concat, from, lastValueFrom, map, of, toArray } from 'rxjs';

/** @typedef {import('./record.mjs').Recording} Recording */

const lib = (/** @type {string} */ file) => new URL(`../../lib/${file}`, import.meta.url).href;
/** @type {typeof import('../../src/codex/events/to-canonical.js')} */
const { toCanonical } = await import(lib('codex/events/to-canonical.js'));
/** @type {typeof import('../../src/codex/exec/codex-signals.js')} */
const { codexSignals } = await import(lib('codex/exec/codex-signals.js'));
/** @type {typeof import('../../src/codex/app-server/notification.js')} */
const { notificationOf } = await import(lib('codex/app-server/notification.js'));
/** @type {typeof import('../../src/codex/app-server/to-signals.js')} */
const { toSignals } = await import(lib('codex/app-server/to-signals.js'));
/** @type {typeof import('../../src/codex/rollout/turn-records.js')} */
const { createTurnRecords } = await import(lib('codex/rollout/turn-records.js'));
/** @type {typeof import('../../src/codex/events/failure-rules.js')} */
const { ruleFor } = await import(lib('codex/events/failure-rules.js'));

/** The rule that knows a sentence of codex. */
export const failureRuleFor = ruleFor;

/** @typedef {import('../../src/codex/events/signal.js').CodexSignal} CodexSignal */

const NONE = { defaultValue: [] };

/** @param {string} transport @param {Recording} recording @returns {Promise<CodexSignal[]>} */
const signalsOf = (transport, { lines, stderr }) => {
  const exited = { type: /** @type {const} */ ('exited'), code: 0, signal: null, stderr };
  if (transport === 'exec') {
    const chunk = Buffer.from(`${lines.join('\n')}\n`);
    const stdout = { type: /** @type {const} */ ('stdout'), chunk };
    return lastValueFrom(of(stdout, exited).pipe(codexSignals(), toArray()), NONE);
  }
  const frames = lines.flatMap((line) => notificationOf(JSON.parse(line)) ?? []);
  // A child of the turn has a thread of its own.
  const first = frames.find(({ method }) => method === 'turn/started')?.params.threadId;
  const own = frames.filter(({ params }) => params.threadId === first);
  const signals$ = concat(
    from(own).pipe(toSignals()),
    of({ ...exited, isCodex: /** @type {const} */ (true) }),
  );
  return lastValueFrom(signals$.pipe(toArray()), NONE);
};

/** An event in a word. @param {import('../../src/index.js').TurnEvent} event */
const wordOf = (event) => {
  if (event.type === 'tool_call_start') return event.name;
  if (event.type === 'tool_result') return event.is_error ? 'failed' : 'result';
  if (event.type === 'message_end') return `end ${event.stop_reason}`;
  return event.type === 'error' ? `error ${event.kind}` : event.type;
};

/**
 * @param {string} transport @param {Recording} recording @returns {Promise<{ events: string,
 * unknown: string[] }>} `unknown` are the kinds that count as drift, and what cannot be read
 */
export const pluginView = async (transport, recording) => {
  const signals = await signalsOf(transport, recording);
  const events = await lastValueFrom(
    from(signals).pipe(toCanonical({ threadId: '' }), map(wordOf), toArray()),
    NONE,
  );
  /** @type {string[]} */ const unknown = signals.flatMap((signal) => {
    if (signal.type === 'unrecognised') return [signal.kind];
    return signal.type === 'malformed' ? [`cannot be read: ${signal.reason}`] : [];
  });
  const records = createTurnRecords({
    threadId: '',
    onMalformed: (lines) => unknown.push(`${lines} records cannot be read`),
    onUnknown: (kind) => unknown.push(kind),
  });
  const tools = recording.records.flatMap((value) => records.events({ type: 'json', value }));
  const calls = tools.map(wordOf).filter((word) => !/^tool_call_/.test(word));
  // Deltas and repeated words differ from run to run.
  const words = [...events, ...calls].filter((word, nth, all) => word !== all[nth - 1]);
  return { events: words.join(' '), unknown: [...new Set(unknown)] };
};
