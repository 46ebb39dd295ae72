import fc from 'fast-check';
import { Observable, Subject, takeUntil } from 'rxjs';

/** What a source does next, `after` moments later; at once for 0, also in its subscribe call. */
interface Act {
  readonly after: number;
  readonly does: string;
}

/** What the sources of a stream do, by their names: each name has one. */
export type Script = Readonly<Record<string, readonly Act[]>>;

/** Letters are values; `|` completes and `#` fails. */
const act = fc.record({
  after: fc.constantFrom(0, 0, 0, 1, 2),
  does: fc.constantFrom('a', 'b', 'e', 'x', 'A', 'B', 'B', '|', '|', '#'),
});
const acts = fc.array(act, { maxLength: 7 });
export const scripts = fc.record({ a: acts, b: acts, A: acts, B: acts });

/** When the subscriber unsubscribes: in the value of this number, or at a moment. */
interface Unsubscription {
  readonly inValue: number;
  readonly at: number;
}
export const unsubscription = fc.record({
  inValue: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 })),
  at: fc.oneof(fc.constant(99), fc.integer({ min: 0, max: 8 })),
});

/** What a stream emits, and what each subscription to its sources sees, with the moments. */
export const observe = (
  build: (source: (name: string) => Observable<string>) => Observable<string>,
  script: Script,
  { inValue, at }: Unsubscription,
) => {
  let now = 0;
  let waiting: { readonly moment: number; readonly run: () => void }[] = [];
  const emitted: string[] = [];
  const seen: Record<string, string[][]> = {};

  const source = (name: string): Observable<string> =>
    new Observable((subscriber) => {
      const log = [`${now}^`];
      (seen[name] ??= []).push(log);
      const step = (nth: number): void => {
        const next = script[name]?.[nth];
        if (next === undefined || subscriber.closed) return;
        const run = (): void => {
          if (subscriber.closed) return;
          log.push(`${now}${next.does}`);
          if (next.does === '|') subscriber.complete();
          else if (next.does === '#') subscriber.error(new Error(`${name} failed`));
          else subscriber.next(next.does);
          step(nth + 1);
        };
        if (next.after === 0) run();
        else waiting.push({ moment: now + next.after, run });
      };
      step(0);
      return () => log.push(`${now}!`);
    });

  // Not a subscription, which nobody has while the stream emits in its subscribe call.
  const unsubscribe$ = new Subject<void>();
  build(source)
    .pipe(takeUntil(unsubscribe$))
    .subscribe({
      next: (value) => {
        emitted.push(`${now}${value}`);
        if (emitted.length === inValue) unsubscribe$.next();
      },
      error: (error: unknown) => emitted.push(`${now} ${String(error)}`),
      complete: () => emitted.push(`${now}|`),
    });
  for (; now < 40; now += 1) {
    if (now === at) unsubscribe$.next();
    const due = waiting.filter(({ moment }) => moment === now);
    waiting = waiting.filter(({ moment }) => moment > now);
    for (const { run } of due) run();
  }
  return { emitted, seen };
};
