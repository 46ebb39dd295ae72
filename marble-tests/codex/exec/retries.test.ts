import { describe, expect, it } from 'vitest';
import { retryOverrides } from '../../../src/codex/exec/retries.js';

const BOUNDED = ['features.unbounded_connection_retries=false'];

describe('retryOverrides', () => {
  it.each([
    ['codex tries for ever', '0.148.0', 30_000, [], BOUNDED],
    ['the version is unknown', undefined, 1, [], BOUNDED],
    ['codex gives up anyhow', '0.147.9', 30_000, [], []],
    ['the operator sets no limit', '0.169.0', 0, [], []],
    ['the operator allows more time than the retries of codex take', '0.169.0', 30_001, [], []],
    [
      'the operator decides about the feature',
      '0.169.0',
      30_000,
      ['-c', 'features.unbounded_connection_retries=true'],
      [],
    ],
  ])('decides whether codex gives up by itself: %s', (_, version, reconnectMs, extraArgs, args) => {
    expect(retryOverrides(version, { reconnectMs, extraArgs })).toEqual(args);
  });
});
