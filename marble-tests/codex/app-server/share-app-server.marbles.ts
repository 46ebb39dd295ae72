import { ignoreElements, map, mergeMap, NEVER, type Observable, of, startWith, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import type { ServerLease, StartedServer } from '../../../src/codex/app-server/server-lease.js';
import {
  type ShareOptions,
  shareAppServer,
} from '../../../src/codex/app-server/share-app-server.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const failure = new Error('codex app-server exited with code 1');
const killed: ServerExit = { code: null, signal: 'SIGKILL', stderr: '' };

/** s is a started app-server; its version is the letter. `exited$` is the exit of its process. */
const started = (exited$: Observable<ServerExit> = NEVER): Record<string, StartedServer> => ({
  s: { server: fakeAppServer(NEVER, undefined, { exited$ }).server, version: 's' },
});
const options: ShareOptions = {
  idleMs: 5,
  retryMs: () => 20,
  inputs: () => new Map(),
  log: () => undefined,
};
const inBackground = (work$: Observable<unknown>): void => void work$.subscribe();
/** A lease is drawn as the version of its app-server. */
const drawn = map(({ version }: ServerLease) => version);

/** Leases while `change$` sets the identity of auth.json; `logged` are the logs. */
const changing = (source$: Observable<StartedServer>, change$: Observable<string>) => {
  let identity = 'a';
  const logged: unknown[] = [];
  const shared$ = source$.pipe(
    shareAppServer({
      ...options,
      inputs: () => new Map([['auth.json', identity]]),
      log: (level, _, data) => void logged.push([level, data?.['changed']]),
    }),
    drawn,
  );
  const set = tap((value: string) => {
    identity = value;
  });
  return { shared$, change$: change$.pipe(set), logged };
};

describe('shareAppServer', () => {
  it(
    'starts the app-server with the first turn, and gives it to a later turn at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---s-----------', started());
      const first = '        ^-------!      ';
      const second = '       -----^------!  ';
      const subs = '         ^----------------!';
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$, first).toBe(' ---s-----------');
      expectObservable(lease$, second).toBe('-----s---------');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts one app-server for turns that wait for it together',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---s--------', started());
      const first = '        ^----!      ';
      const second = '       -^---!      ';
      const subs = '         ^---------! ';
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$, first).toBe(' ---s--------');
      expectObservable(lease$, second).toBe('---s--------');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends the app-server idleMs after its last turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -s------------------', started());
      const first = '        ^--!                ';
      const second = '       -------^-!          ';
      const third = '        ---------------^--! ';
      const subs = '         ^-------------!     ';
      const thirdSubs = '    ---------------^-------!';
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$, first).toBe(' -s------------------');
      expectObservable(lease$, second).toBe('-------s------------');
      expectObservable(lease$, third).toBe(' ----------------s---');
      expectSubscriptions(source.subscriptions).toBe([subs, thirdSubs]);
    }),
  );

  it(
    'ends an app-server that nobody waits for any more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---------s', started());
      const turn = '         ^-!       ';
      const subs = '         ^------!  ';
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$, turn).toBe('----------');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends an idle app-server when no turn can come any more',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---s-----------', started());
      const turn = '         ^----!         ';
      const end$ = hot('     -------x       ');
      const endSubs = '      -----^-!       ';
      const subs = '         ^------!       ';
      const lease$ = source.pipe(shareAppServer({ ...options, end$ }), drawn);

      expectObservable(lease$, turn).toBe('---s-----------');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(end$.subscriptions).toBe(endSubs);
    }),
  );

  it(
    'ends it with its last turn when that ends later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---s-----------', started());
      const turn = '         ^----!         ';
      const subs = '         ^----!         ';
      const lease$ = source.pipe(shareAppServer({ ...options, end$: of(true) }), drawn);

      expectObservable(lease$, turn).toBe('---s-----------');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes when the app-server exits, and starts it again for the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -s---|              ', started());
      const later = '        -------^            ';
      const subs = '         ^----!              ';
      const laterSubs = '    -------^----!       ';
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$).toBe('       -s---|       ');
      expectObservable(lease$, later).toBe('--------s---|');
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
    }),
  );

  it(
    'repeats the error of a failed start for retryMs, then starts again',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --#', started(), failure);
      const second = '       5ms ^';
      const third = '        21ms ^';
      const fourth = '       22ms ^';
      const subs = ['        ^-!', '22ms ^-!'];
      const lease$ = source.pipe(shareAppServer(options), drawn);

      expectObservable(lease$).toBe('        --#    ', undefined, failure);
      expectObservable(lease$, second).toBe('5ms #  ', undefined, failure);
      expectObservable(lease$, third).toBe(' 21ms # ', undefined, failure);
      expectObservable(lease$, fourth).toBe('24ms # ', undefined, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts again at once after an error that is not remembered',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --#   ', started(), failure);
      const second = '       ---^  ';
      const subs = ['        ^-!   ', '---^-!'];
      const lease$ = source.pipe(shareAppServer({ ...options, retryMs: () => 0 }), drawn);

      expectObservable(lease$).toBe('        --#   ', undefined, failure);
      expectObservable(lease$, second).toBe('-----#', undefined, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'replaces a retired app-server, and ends it with its last turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -s-------------------', started());
      const first = '        ^--------!           ';
      const retire = '       ----r                ';
      const later = '        ------^-----!        ';
      const subs = '         ^--------!           ';
      const laterSubs = '    ------^----------!   ';
      const shared$ = source.pipe(shareAppServer(options));
      const leases: ServerLease[] = [];
      const keep = tap((lease: ServerLease) => void leases.push(lease));
      const retire$ = cold(retire).pipe(
        tap(() => {
          for (const lease of leases) lease.retire();
        }),
        ignoreElements(),
      );

      expectObservable(shared$.pipe(keep, drawn), first).toBe('-s-------');
      expectObservable(retire$).toBe('                         ---------');
      expectObservable(shared$.pipe(drawn), later).toBe('      -------s---');
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
    }),
  );

  it(
    'retires an app-server once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--------------', started());
      const subs = '         ^---!          ';
      const nextSubs = '     --^--------!   ';
      const shared$ = source.pipe(shareAppServer(options));
      const retire = tap((lease: ServerLease) => {
        lease.retire();
        lease.retire();
      });

      expectObservable(shared$.pipe(retire, drawn), '^---!').toBe('s----');
      expectObservable(shared$.pipe(drawn), '             --^---!').toBe('--s----');
      expectSubscriptions(source.subscriptions).toBe([subs, nextSubs]);
    }),
  );

  it(
    'keeps the app-server while held work runs',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s-----------------', started());
      const work = cold('       -----w--|       ', { w: 'work' });
      const turn = '         ^--!              ';
      const workSubs = '     ---^-------!      ';
      const subs = '         ^---------------! ';
      const shared$ = source.pipe(
        shareAppServer(options),
        mergeMap(({ hold }) =>
          NEVER.pipe(startWith('s'), tap({ unsubscribe: () => inBackground(hold(work)) })),
        ),
      );

      expectObservable(shared$, turn).toBe('s--');
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs held work without starting an app-server when it has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--|      ', started(of(killed)));
      const work = cold('         -w|  ', { w: 'work' });
      const subs = '         ^--!      ';
      const workSubs = '     -----^-!  ';
      const leases: ServerLease[] = [];
      const lease$ = source.pipe(
        shareAppServer(options),
        tap((lease) => void leases.push(lease)),
        drawn,
      );
      const held$ = cold('   -----(h|)').pipe(
        map(() => leases[0]?.hold(work) ?? NEVER),
        tap(inBackground),
        ignoreElements(),
      );

      expectObservable(lease$).toBe('s--|');
      expectObservable(held$).toBe(' -----|');
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'gives later turns a new app-server when an input has changed, and ends the old one with its turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -s-------------------', started());
      const first = '        ^--------!           ';
      const later = '        ------^-----!        ';
      const last = '         --------^---!        ';
      const subs = '         ^--------!           ';
      const laterSubs = '    ------^----------!   ';
      const { shared$, change$, logged } = changing(source, cold('---c'));

      expectObservable(shared$, first).toBe('-s-------');
      expectObservable(change$).toBe('       ---c');
      expectObservable(shared$, later).toBe('-------s---');
      expectObservable(shared$, last).toBe(' --------s---');
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(logged).toEqual([['info', ['auth.json']]]);
    }),
  );

  it(
    'ends an unused app-server at once when the next turn finds another input',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--------------', started());
      const subs = '         ^----!         ';
      const nextSubs = '     -----^-------! ';
      const { shared$, change$ } = changing(source, cold('---c'));

      expectObservable(shared$, '^-!').toBe('s--');
      expectObservable(change$).toBe('       ---c');
      expectObservable(shared$, '-----^--!').toBe('-----s--');
      expectSubscriptions(source.subscriptions).toBe([subs, nextSubs]);
    }),
  );

  it(
    'gives later turns a new app-server when an input changes while it starts',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----s----------', started());
      const subs = '         ^-----!        ';
      const nextSubs = '     --^---------!  ';
      const { shared$, change$ } = changing(source, cold('-c'));

      expectObservable(shared$, '^-----!').toBe('----s');
      expectObservable(change$).toBe('         -c');
      expectObservable(shared$, '--^----!').toBe('------s');
      expectSubscriptions(source.subscriptions).toBe([subs, nextSubs]);
    }),
  );

  it(
    'starts again before retryMs when an input has changed since the failure',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --#       ', started(), failure);
      const subs = ['        ^-!       ', '-----^-!'];
      const { shared$, change$, logged } = changing(source, cold('---c'));

      expectObservable(shared$).toBe('         --#       ', undefined, failure);
      expectObservable(change$).toBe('         ---c      ');
      expectObservable(shared$, '-----^').toBe('-------#  ', undefined, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logged).toEqual([]);
    }),
  );

  it(
    'keeps the app-server when an input changes and is the old one again at the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s-----------', started());
      const subs = '         ^-----------! ';
      const { shared$, change$ } = changing(source, cold('-c-a', { c: 'c', a: 'a' }));

      expectObservable(shared$, '^--!').toBe('s---');
      expectObservable(change$).toBe('       -c-a', { c: 'c', a: 'a' });
      expectObservable(shared$, '-----^-!').toBe('-----s-');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
