import type { Log } from '../canonical/notice.js';
import type { Terminal } from '../canonical/turn-event.js';
import { ownFailure } from '../codex/events/failure.js';
import { type Asked, differencesOf, grantedIn, refusalOf } from '../codex/permissions.js';
import type { Parsed } from '../lines/parse-json.js';

/**
 * Compares what codex says of a turn in its rollout with what was asked. `observe` takes the
 * records of the turn, and logs what differs once. `refine` replaces the end of a turn whose
 * sandbox was weaker than asked by `config`.
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
      refusal === undefined
        ? terminal
        : { ...ownFailure('config', refusal), ...(terminal.usage && { usage: terminal.usage }) },
  };
};
