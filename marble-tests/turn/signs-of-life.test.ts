import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { createSignsOfLife } from '../../src/turn/signs-of-life.js';

const item: CodexSignal = { type: 'item.started', item: { type: 'web_search' } };
const retry: CodexSignal = { type: 'error', message: 'Reconnecting... 1/5' };

describe('createSignsOfLife', () => {
  it('counts the first sign of life of a chunk, and each signal that is more', async () => {
    const counts = createSignsOfLife();
    expect([item, item, retry, retry, item].map(counts)).toEqual([true, false, true, true, false]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([item, item].map(counts)).toEqual([true, false]);
  });
});
