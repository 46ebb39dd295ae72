import { describe, expect, it } from 'vitest';
import { flushFolder } from '../../src/session/durable-write.js';

describe('flushFolder', () => {
  it('does nothing where the file system cannot flush a folder, as /proc', () => {
    expect(() => {
      flushFolder('/proc/self/stat');
    }).not.toThrow();
  });

  it('throws for a folder that is absent', () => {
    expect(() => {
      flushFolder('/absent/file');
    }).toThrow('ENOENT');
  });
});
