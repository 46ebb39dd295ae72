import { describe, expect, it } from 'vitest';
import { uniqueId } from '../../src/process/unique-id.js';

describe('uniqueId', () => {
  it('returns another UUID each time', () => {
    const ids = [uniqueId(), uniqueId()];
    expect(new Set(ids).size).toBe(2);
    expect(ids).toEqual(
      Array(2).fill(expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
    );
  });
});
