import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { Asked } from '../../src/codex/permissions.js';
import type { Parsed } from '../../src/lines/parse-json.js';

/** The signals of a turn that runs a command. */
export const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  S: { type: 'turn.started' },
  i: { type: 'item.started', item: { type: 'command_execution' } },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};

/** What a rollout says of the sandbox of a turn. */
export const context = (type: string): Parsed => ({
  type: 'json',
  value: { type: 'turn_context', payload: { sandbox_policy: { type } } },
});

/** A turn for which the operator wants a sandbox. */
export const asked: Asked = {
  sandbox: 'read-only',
  approval: undefined,
  model: undefined,
  cwd: undefined,
};
