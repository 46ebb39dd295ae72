import type { Observable } from 'rxjs';
import { expect } from 'vitest';

/** The values of a synchronous stream, which must complete. */
export const collect = <T>(values$: Observable<T>): T[] => {
  const values: T[] = [];
  const ends: unknown[] = [];
  values$.subscribe({
    next: (value) => values.push(value),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  expect(ends).toEqual(['complete']);
  return values;
};
