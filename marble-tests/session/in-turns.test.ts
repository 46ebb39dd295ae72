import { firstValueFrom, lastValueFrom, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { inTurns } from '../../src/session/in-turns.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('inTurns', () => {
  it('emits what the generator yields, and completes with it', async () => {
    function* steps(): Generator<number, void> {
      yield 1;
      yield 2;
    }
    expect(await lastValueFrom(inTurns(steps).pipe(toArray()))).toEqual([1, 2]);
  });

  it('lets others have their turn before every step', async () => {
    const seen: string[] = [];
    function* steps(): Generator<string, void> {
      for (const step of ['a', 'b', 'c']) {
        seen.push(step);
        yield step;
      }
    }
    const others = async (): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        await turn();
        seen.push('-');
      }
    };
    const other = others();
    await lastValueFrom(inTurns(steps));
    await other;
    expect(seen.join('')).toMatch(/^-?a-b-c-?$/);
  });

  it('fails with what the generator throws', async () => {
    const told: number[] = [];
    function* steps(): Generator<number, void> {
      yield 1;
      throw new Error('no space');
    }
    await expect(
      lastValueFrom(inTurns(steps).pipe(tap((step) => told.push(step)))),
    ).rejects.toThrow('no space');
    expect(told).toEqual([1]);
  });

  it('has the generator return when it is unsubscribed, at once', async () => {
    const seen: string[] = [];
    function* steps(): Generator<string, void> {
      try {
        yield 'a';
        yield 'b';
      } finally {
        seen.push('let go');
      }
    }
    const subscription = inTurns(steps)
      .pipe(tap((step) => seen.push(step)))
      .subscribe();
    await turn();
    await turn();
    subscription.unsubscribe();
    const left = [...seen];
    await turn();
    expect(left.at(-1)).toBe('let go');
    expect(seen).toEqual(left);

    seen.length = 0;
    expect(await firstValueFrom(inTurns(steps))).toBe('a');
    expect(seen).toEqual(['let go']);
  });

  it('does not begin when it is unsubscribed in the same turn', async () => {
    let begun = false;
    function* steps(): Generator<number, void> {
      begun = true;
      yield 1;
    }
    inTurns(steps).subscribe().unsubscribe();
    await turn();
    expect(begun).toBe(false);
  });
});
