import { describe, expect, it } from 'vitest';
import { noteOpenFile, noteTurnEnd } from '../../../src/codex/app-server/thread-file.js';
import { createThreads } from '../../../src/codex/app-server/threads.js';

const thread = { settings: 's', marker: 'm', seen: new Map<number, number>(), model: undefined };
const threadsWith = (open?: string) => {
  const threads = createThreads(5);
  threads.set('T', { ...thread, open });
  return threads;
};

describe('noteTurnEnd', () => {
  it.each([
    ['the file that codex has open', '7', '7:100:1', { open: '7', file: '7:100:1' }],
    [
      'a file that is seen for the first time',
      undefined,
      '7:100:1',
      { open: '7', file: '7:100:1' },
    ],
    [
      'a file that has taken the place of the open one',
      '7',
      '8:90:2',
      { open: '7', file: undefined },
    ],
    ['no file', '7', undefined, { open: '7', file: undefined }],
  ])('knows the state of %s, and nothing of another file', (_what, open, state, known) => {
    const threads = threadsWith(open);
    noteTurnEnd(threads, 'T', () => state, true);

    expect(threads.get('T')).toEqual({ ...thread, ...known, failed: true });
  });

  it('notes nothing of a thread that is not loaded', () => {
    const threads = createThreads(5);
    noteTurnEnd(threads, 'T', () => '7:100:1', false);

    expect(threads.get('T')).toBeUndefined();
  });
});

describe('noteOpenFile', () => {
  it('keeps the first file that it has seen', () => {
    const states = [undefined, '7:100:1', '8:90:2'];
    const threads = threadsWith();
    for (const state of states) noteOpenFile(threads, 'T', () => state);

    expect(threads.get('T')?.open).toBe('7');
  });
});
