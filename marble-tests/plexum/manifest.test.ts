import { describe, expect, it } from 'vitest';
import { manifest } from '../../src/plexum/manifest.js';

describe('manifest', () => {
  it('has the fields of WIRE.md', () => {
    expect(manifest('1.2.3', ['codex', 'fast'])).toStrictEqual({
      name: 'plexum-openai-provider',
      version: '1.2.3',
      activation: 'lazy',
      executable: 'plexum-openai-provider-plugin',
      contracts: { provider: { models: ['codex', 'fast'] } },
    });
  });

  it('is the same after JSON', () => {
    const made = manifest('1.2.3', []);
    expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made);
  });
});
