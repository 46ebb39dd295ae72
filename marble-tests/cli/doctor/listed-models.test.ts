import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { listedModels } from '../../../src/cli/doctor/listed-models.js';

describe('listedModels', () => {
  it('names the models that codex shows, and knows those that it hides', () => {
    const { words, has } = listedModels(
      right({
        data: [
          { model: 'b', isDefault: true, hidden: false },
          { model: 'a' },
          { model: 'h', hidden: true },
        ],
      }),
    );
    expect(words).toBe('codex lists b (the default), a');
    expect(['a', 'b', 'h', 'x'].map(has)).toEqual([true, true, true, false]);
  });

  it.each([
    [left('no network'), 'no network'],
    [right({ models: [] }), 'it lists them in a form that is not known'],
  ])('says why the models are not known, and has every model, for %j', (answer, reason) => {
    const { words, has } = listedModels(answer);
    expect(words).toBe(`the models of codex are not known: ${reason}`);
    expect(has('x')).toBe(true);
  });
});
