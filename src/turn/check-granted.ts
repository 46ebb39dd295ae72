import type { Log } from '../canonical/notice.js';
import type { Terminal } from '../canonical/turn-event.js';
import { ownFailure } from '../codex/events/failure.js';
import { type Asked, differencesOf, grantedIn, refusalOf } from '../codex/permissions.js';
import type { Parsed } from '../lines/parse-json.js';

/**
 * Compares what codex says of a turn in its rollout with what was asked. `observe` takes the
 * records of the turn, and logs what differs once. `refine` replaces the end of a turn whose
 * sandbox was weaker than asked by `config`: a completed turn, or a failure without a reason. A
 * cancel stays one, and a failure that says what to do, too.
 */
export const checkGranted = (asked: Asked | undefined, log: Log) => {
  let refusal: string | undefined;
  let isCompared = false;
  return {
    observe: (record: Parsed): void => {
      if (asked === undefined || isCompared || record.type === 'malformed') return;
      const granted = grantedIn(record.value);
      if (granted === undefined) return;
      isCompared = true;
      refusal = refusalOf(asked, granted);
      for (const difference of differencesOf(asked, granted)) log('warning', difference);
    },
    refine: (terminal: Terminal): Terminal =>
      refusal === undefined || !saysLess(terminal)
        ? terminal
        : { ...ownFailure('config', refusal), ...(terminal.usage && { usage: terminal.usage }) },
  };
};

const REASONLESS: ReadonlySet<string> = new Set(['internal', 'process_died', 'timeout']);

const saysLess = (terminal: Terminal): boolean =>
  terminal.type === 'error' ? REASONLESS.has(terminal.kind) : terminal.stop_reason !== 'cancelled';
