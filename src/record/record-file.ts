import type { Recording } from './recorded.js';

/** A file to which a record is written. */
export interface RecordTarget {
  readonly write: (text: string) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/** Characters that may wait for the disk; as many may be on their way to it. */
export const MAX_WAITING = 8 * 1024 * 1024;

/**
 * Writes a record in the background, its lines in order, in one write what has come during the
 * last. Opens the target with the first line, and closes it at the end. A target that cannot be
 * opened or written costs the rest of the record, and `onFailure` is called, once. `onClosed` is
 * called when all is done, either way.
 */
export const recordFile = (
  open: () => Promise<RecordTarget>,
  onFailure: (error: unknown) => void,
  onClosed: () => void = () => undefined,
  maxWaiting = MAX_WAITING,
): Recording => {
  let waiting: string[] = [];
  let size = 0;
  let target: RecordTarget | undefined;
  let state: 'idle' | 'busy' | 'over' = 'idle';
  let ended = false;

  const drain = async (): Promise<void> => {
    target ??= await open();
    while (waiting.length > 0) {
      const text = waiting.join('');
      waiting = [];
      size = 0;
      await target.write(text);
    }
  };
  const over = (): void => {
    state = 'over';
    waiting = [];
    void Promise.resolve(target?.close()).then(onClosed, onClosed);
  };
  const pump = (): void => {
    if (state !== 'idle') return;
    state = 'busy';
    drain().then(
      () => {
        state = 'idle';
        if (waiting.length > 0) pump();
        else if (ended) over();
      },
      (error: unknown) => {
        over();
        onFailure(error);
      },
    );
  };
  return {
    write: (line) => {
      if (state === 'over' || ended) return true;
      if (size + line.length > maxWaiting) return false;
      waiting.push(line);
      size += line.length;
      pump();
      return true;
    },
    end: (last) => {
      ended = true;
      if (last !== '' && state !== 'over') waiting.push(last);
      pump();
    },
  };
};
