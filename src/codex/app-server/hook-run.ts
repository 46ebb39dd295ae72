import * as t from 'io-ts';
import type { HookStopped } from '../events/signal.js';

/** A run of a hook that has ended. Its entries hold the words with which it blocked or stopped. */
export const HookRun = t.intersection([
  t.type({ eventName: t.string, status: t.string }),
  t.partial({ sourcePath: t.unknown, entries: t.array(t.type({ text: t.string })) }),
]);

/** The signals of a run. A hook that lets the turn go on has none. */
export const hookSignals = ({
  eventName,
  status,
  sourcePath,
  entries = [],
}: t.TypeOf<typeof HookRun>): HookStopped[] =>
  status === 'blocked' || status === 'stopped'
    ? [
        {
          type: 'hook.stopped',
          event: eventName.replace(/^[a-z]/, (letter) => letter.toUpperCase()),
          source: typeof sourcePath === 'string' ? sourcePath : 'codex',
          reason: entries.map(({ text }) => text).join('\n'),
        },
      ]
    : [];
