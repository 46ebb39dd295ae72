import { NEVER } from 'rxjs';
import { describe, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import { serverExit } from '../../../src/codex/app-server/server-exit.js';
import type { ExitStatus } from '../../../src/process/start.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const status: Record<string, ExitStatus> = { x: { code: 1, signal: null } };
const chunks: Record<string, Uint8Array> = {
  n: Buffer.from('a warning about another agent\n'),
  e: Buffer.from('\u001b[31mError: out of\u001b[0m'),
  f: Buffer.from(' memory\n'),
};
const exits: Record<string, ServerExit> = {
  x: { code: 1, signal: null, stderr: '' },
  e: { code: 1, signal: null, stderr: 'Error: out of memory' },
  w: { code: 1, signal: null, stderr: 'a warning about another agent\nError: out of memory\n' },
};

/** Whether a turn has run. */
const yes = () => true;
const no = () => false;

describe('serverExit', () => {
  it(
    'emits the exit with the error of stderr when the pipes are closed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stderr$ = hot(' -n-e-f-----   ', chunks);
      const exit$ = hot('   ----x------   ', status);
      const close$ = hot('  -------x---   ', status);
      const subs = '        ^------!      ';
      const expected = '    -------(e|)   ';

      expectObservable(serverExit({ stderr$, exit$, close$ }, yes)).toBe(expected, exits);
      for (const source of [stderr$, exit$, close$])
        expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits it with all of stderr when no turn has run',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stderr$ = hot(' -n-e-f-----   ', chunks);
      const exit$ = hot('   ----x------   ', status);
      const close$ = hot('  -------x---   ', status);
      const subs = '        ^------!      ';
      const expected = '    -------(w|)   ';

      expectObservable(serverExit({ stderr$, exit$, close$ }, no)).toBe(expected, exits);
      for (const source of [stderr$, exit$, close$])
        expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits it with the error alone while a pipe is open, since a turn may be unread',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stderr$ = hot(' -n-e-f--- 1s - ', chunks);
      const exit$ = hot('   ----x---- 1s - ', status);
      const close$ = hot('  --------- 1s x ', status);
      const subs = '        ^--- 500ms !   ';
      const expected = '    ---- 500ms (e|)';

      expectObservable(serverExit({ stderr$, exit$, close$ }, no)).toBe(expected, exits);
      for (const source of [stderr$, exit$, close$])
        expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the exit 500 ms after the process has exited when a child holds the pipes',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stderr$ = hot(' -n------- 1s - ', chunks);
      const exit$ = hot('   ----x---- 1s - ', status);
      const close$ = hot('  --------- 1s x ', status);
      const subs = '        ^--- 500ms !   ';
      const expected = '    ---- 500ms (x|)';

      expectObservable(serverExit({ stderr$, exit$, close$ }, yes)).toBe(expected, exits);
      for (const source of [stderr$, exit$, close$])
        expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits an exit without an error when stderr is empty',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const close$ = hot('  --x--', status);
      const subs = '        ^-!  ';
      const expected = '    --(x|)';

      expectObservable(serverExit({ stderr$: NEVER, exit$: NEVER, close$ }, no)).toBe(
        expected,
        exits,
      );
      expectSubscriptions(close$.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits while the process runs, and stops when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stderr$ = hot(' -e-f----', chunks);
      const exit$ = hot('   -----x--', status);
      const cancel = '      ------! ';
      const subs = '        ^-----! ';
      const expected = '    --------';

      expectObservable(serverExit({ stderr$, exit$, close$: NEVER }, yes), cancel).toBe(
        expected,
        exits,
      );
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
      expectSubscriptions(exit$.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('nef', chunks, (stderr$) =>
    serverExit({ stderr$, exit$: NEVER, close$: NEVER }, yes),
  );
});
