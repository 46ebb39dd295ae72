import type { MessageEnd, Terminal, TurnEvent } from '../canonical/turn-event.js';
import type { Ports } from '../ports.js';

/**
 * What the log says of a rollout that tells less, or something else, than a turn needs. Only the
 * first reason why it cannot be read is said.
 */
export const readingWarnings = (threadId: string, log: Ports['log']) => {
  const fields = { thread_id: threadId };
  let isUnread = false;
  const unread = (reason: string): void => {
    if (isUnread) return;
    isUnread = true;
    log(
      'warning',
      `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`,
      fields,
    );
  };
  return {
    unread,
    replaced: (): void => unread(REPLACED),
    elsewhere: (terminal: Terminal): void => {
      if (isCompleted(terminal)) unread(ELSEWHERE);
    },
    repeated: (calls: number): void => {
      log(
        'warning',
        `the model gave ${calls === 1 ? 'a call' : `${calls} calls`} the id of an earlier call of this turn; the host gets the first one, and its output`,
        fields,
      );
    },
    /** `end`: the terminal event with the usage that the records have, if they have some. */
    totalOnly: (terminal: Terminal, end: TurnEvent | undefined): void => {
      if (isCompleted(terminal) && end?.type === 'message_end' && end.usage === terminal.usage)
        log(
          'info',
          'the usage of this turn is the total of its thread: the total before it is not known',
          fields,
        );
    },
  };
};

const isCompleted = (terminal: Terminal): terminal is MessageEnd =>
  terminal.type === 'message_end' && terminal.stop_reason === 'end_turn';

const REPLACED =
  'it was truncated or replaced while codex wrote to it, and what codex wrote after that is lost; let no other program move, restore or edit the rollout of a running turn';

/** Measured on 0.135.0, 0.150.1, 0.169.0 and 0.171.0. */
const ELSEWHERE =
  'codex has written nothing of this turn into it. If CODEX_HOME is a copy, codex still writes to the original, whose path is in its database: remove state_*.sqlite* from the copy';
