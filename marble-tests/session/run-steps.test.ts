import { delay, firstValueFrom, lastValueFrom, mergeMap, of, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { runSteps } from '../../src/session/run-steps.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('runSteps', () => {
  it('emits each yielded value, and completes when the generator returns', async () => {
    function* steps(): Generator<number, void> {
      yield 1;
      yield 2;
    }
    expect(await lastValueFrom(runSteps(steps).pipe(toArray()))).toEqual([1, 2]);
  });

  it('runs one step per turn of the event loop', async () => {
    const seen: string[] = [];
    function* steps(): Generator<string, void> {
      for (const step of ['a', 'b', 'c']) {
        seen.push(step);
        yield step;
      }
    }
    const countTurns = async (): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        await turn();
        seen.push('-');
      }
    };
    const turns = countTurns();
    await lastValueFrom(runSteps(steps));
    await turns;
    expect(seen.join('')).toMatch(/^-?a-b-c-?$/);
  });

  it('fails when the generator throws', async () => {
    const emitted: number[] = [];
    function* steps(): Generator<number, void> {
      yield 1;
      throw new Error('no space');
    }
    await expect(
      lastValueFrom(runSteps(steps).pipe(tap((step) => emitted.push(step)))),
    ).rejects.toThrow('no space');
    expect(emitted).toEqual([1]);
  });

  it('returns the generator synchronously when unsubscribed', async () => {
    const seen: string[] = [];
    function* steps(): Generator<string, void> {
      try {
        yield 'a';
        yield 'b';
      } finally {
        seen.push('finally');
      }
    }
    const subscription = runSteps(steps)
      .pipe(tap((step) => seen.push(step)))
      .subscribe();
    await turn();
    await turn();
    subscription.unsubscribe();
    const atUnsubscribe = [...seen];
    await turn();
    expect(atUnsubscribe.at(-1)).toBe('finally');
    expect(seen).toEqual(atUnsubscribe);

    seen.length = 0;
    expect(await firstValueFrom(runSteps(steps))).toBe('a');
    expect(seen).toEqual(['finally']);
  });

  it('runs no step when unsubscribed in the same turn of the event loop', async () => {
    let begun = false;
    function* steps(): Generator<number, void> {
      begun = true;
      yield 1;
    }
    runSteps(steps).subscribe().unsubscribe();
    await turn();
    expect(begun).toBe(false);
  });

  it('keeps the unsubscription chain', async () => {
    const finished: string[] = [];
    function* steps(): Generator<string, void> {
      try {
        yield 'a';
        yield 'b';
      } finally {
        finished.push('finally');
      }
    }

    expect(
      await firstValueFrom(runSteps(steps).pipe(mergeMap((step) => of(step).pipe(delay(0))))),
    ).toBe('a');

    expect(finished).toEqual(['finally']);
  });
});
