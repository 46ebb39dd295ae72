import type { Recording } from './record-notices.js';

/** An open file for a record. */
export interface RecordTarget {
  readonly write: (text: string) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/** The most characters that wait for the disk. As many may be in the write in progress. */
const MAX_WAITING = 8 * 1024 * 1024;

/**
 * Writes a record in the background. Lines keep their order; lines that arrive during a write are
 * written together by the next one. Opens the target on the first line and closes it at the end.
 * When the target cannot be opened or written, the rest of the record is dropped and `onFailure` is
 * called once. `onClosed` is called after the target is closed, in either case.
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
  let state: 'idle' | 'writing' | 'closed' = 'idle';
  let ended = false;

  const writeWaiting = async (): Promise<void> => {
    target ??= await open();
    while (waiting.length > 0) {
      const text = waiting.join('');
      waiting = [];
      size = 0;
      await target.write(text);
    }
  };
  const close = (): void => {
    state = 'closed';
    waiting = [];
    void Promise.resolve(target?.close()).then(onClosed, onClosed);
  };
  const pump = (): void => {
    if (state !== 'idle') return;
    state = 'writing';
    writeWaiting().then(
      () => {
        state = 'idle';
        if (waiting.length > 0) pump();
        else if (ended) close();
      },
      (error: unknown) => {
        close();
        onFailure(error);
      },
    );
  };
  return {
    write: (line) => {
      if (state === 'closed' || ended) return true;
      if (size + line.length > maxWaiting) return false;
      waiting.push(line);
      size += line.length;
      pump();
      return true;
    },
    end: (last) => {
      ended = true;
      if (last !== '' && state !== 'closed') waiting.push(last);
      pump();
    },
  };
};
