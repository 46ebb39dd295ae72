import { EventEmitter } from 'node:events';
import { Subject, tap } from 'rxjs';
import { describe, it } from 'vitest';
import { createStrangers, MAX_STRANGERS } from '../../src/bridge/strangers.js';
import { marbles } from '../support/marbles.js';

/** A connection that reports its end by its name. */
class Connection extends EventEmitter {
  readonly name: string;
  readonly #onEnd: (name: string) => void;
  constructor(name: string, onEnd: (name: string) => void) {
    super();
    this.name = name;
    this.#onEnd = onEnd;
  }
  destroy(): void {
    this.#onEnd(this.name);
    this.emit('close');
  }
}

const fail = (error: unknown): never => {
  throw error;
};

/** Strangers whose first connection is `a`; `next` is the moment after a connection was read. */
const setUp = (limit = () => MAX_STRANGERS) => {
  const end$ = new Subject<string>();
  const later: (() => void)[] = [];
  const strangers = createStrangers<Connection>({
    limit,
    later: (run) => void later.push(run),
  });
  const connection = (name: string) => new Connection(name, (ended) => end$.next(ended));
  const [a, b] = [connection('a'), connection('b')];
  const fill = (): void => {
    strangers.admit(a);
    strangers.admit(b);
    for (let nth = 2; nth < MAX_STRANGERS; nth += 1) strangers.admit(connection('x'));
  };
  const read = (): void => {
    for (const run of later.splice(0)) run();
  };
  return { ...strangers, end$, connection, a, b, fill, read };
};

describe('createStrangers', () => {
  it(
    'destroys a connection that has not shown the token after 5 s',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { admit, end$, a, b } = setUp();
      const source = cold('  a--b', { a, b });
      const subs = '         ^---';
      const expected = '     5s a--b';

      expectObservable(end$).toBe(expected);
      expectObservable(source.pipe(tap(admit))).toBe('a--b', { a, b });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'leaves a trusted connection and a closed one alone',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { admit, trust, end$, a, b } = setUp();
      const source = cold('  a--b', { a, b });
      const shown = cold('   4s ab', { a, b });
      const subs = '         ^---';
      const expected = '     -----';

      expectObservable(end$).toBe(expected);
      source.subscribe({ next: admit, error: fail });
      shown.subscribe({
        next: (one) => {
          if (one === a) trust(one);
          else one.emit('close');
        },
        error: fail,
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(shown.subscriptions).toBe(subs);
    }),
  );

  it(
    'destroys the oldest one when there are too many, once the new one was read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { admit, end$, connection, a, fill, read } = setUp();
      const source = cold('  f--n---r', { f: a, n: connection('n'), r: a });
      const unsub = '        ^--------!';
      const subs = '         ^---';
      const expected = '     -------a';
      const steps = [
        fill,
        () => {
          admit(connection('n'));
        },
        read,
      ];

      expectObservable(end$, unsub).toBe(expected);
      source.subscribe({ next: () => steps.shift()?.(), error: fail });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'destroys nobody while the limit is higher, and the oldest ones once it is lower',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      let limit = 2 * MAX_STRANGERS;
      const { admit, end$, connection, a, fill, read } = setUp(() => limit);
      const source = cold('  f--n---r--l--nr', { f: a, n: a, r: a, l: a });
      const unsub = '        ^---------------!';
      const subs = '         ^---';
      const expected = '     --------------(ab)';
      const steps = [
        fill,
        () => {
          admit(connection('n'));
        },
        read,
        () => {
          limit = MAX_STRANGERS;
        },
        () => {
          admit(connection('n'));
        },
        read,
      ];

      expectObservable(end$, unsub).toBe(expected);
      source.subscribe({ next: () => steps.shift()?.(), error: fail });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'destroys none when the new one has shown the token by then',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { admit, trust, end$, connection, a, fill, read } = setUp();
      const codex = connection('n');
      const source = cold('  f--n--tr', { f: a, n: codex, t: a, r: a });
      const unsub = '        ^--------!';
      const subs = '         ^---';
      const expected = '     ---------';
      const steps = [
        fill,
        () => {
          admit(codex);
        },
        () => {
          trust(codex);
        },
        read,
      ];

      expectObservable(end$, unsub).toBe(expected);
      source.subscribe({ next: () => steps.shift()?.(), error: fail });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
