import type { Ports } from '../ports.js';

/**
 * What the log says of a rollout that tells less, or something else, than a turn needs. Only the
 * first reason why it cannot be read is said.
 */
export const readingWarnings = (threadId: string, log: Ports['log']) => {
  const fields = { thread_id: threadId };
  let isUnread = false;
  return {
    unread: (reason: string): void => {
      if (isUnread) return;
      isUnread = true;
      log(
        'warning',
        `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`,
        fields,
      );
    },
    repeated: (calls: number): void => {
      log(
        'warning',
        `the model gave ${calls === 1 ? 'a call' : `${calls} calls`} the id of an earlier call of this turn; the host gets the first one, and its output`,
        fields,
      );
    },
    totalOnly: (): void => {
      log(
        'info',
        'the usage of this turn is the total of its thread: the total before it is not known',
        fields,
      );
    },
  };
};
