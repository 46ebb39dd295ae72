import { describe, expect, it } from 'vitest';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { DiedAtStartError, explainStart } from '../../../src/codex/app-server/start-failure.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const exit = { code: 127, signal: null, stderr: '' };

describe('explainStart', () => {
  it(
    'fails with the exit and all of stderr, without colours, when the process has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' -#', undefined, new AppServerError('codex app-server exited'));
      const subs = '        ^!';
      const expected = '    -#';
      const stderr = '\u001b[31mcodex: not found\u001b[0m\n';

      expectObservable(
        source.pipe(explainStart(() => ({ exit, stderr, isCodex: undefined }))),
      ).toBe(
        expected,
        undefined,
        expect.objectContaining({
          message: 'codex app-server exited with code 127: codex: not found',
          exited: { type: 'exited', code: 127, signal: null, stderr: 'codex: not found\n' },
        }),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each<[string, Error, string, Error]>([
    [
      'adds the last words of stderr while the process runs',
      new AppServerError('it said nothing'),
      'a login is missing\n',
      new AppServerError('it said nothing; it wrote on stderr: a login is missing'),
    ],
    [
      'repeats the failure of a process that wrote nothing',
      new AppServerError('it said nothing'),
      '',
      new AppServerError('it said nothing'),
    ],
    ['repeats any other failure', new TypeError('no'), 'words', new TypeError('no')],
  ])('%s', (_, error, stderr, failure) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' s-#', undefined, error);
      const subs = '        ^-!';
      const expected = '    s-#';

      expectObservable(
        source.pipe(explainStart(() => ({ exit: undefined, stderr, isCodex: true }))),
      ).toBe(expected, undefined, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it('says that a process without words said nothing', () => {
    const { message } = new DiedAtStartError({ type: 'exited', isCodex: true, ...exit });
    expect(message).toBe('codex app-server exited with code 127: it said nothing');
  });

  testUnsubscription('abc', { a: 1, b: 2, c: 3 }, (source$) =>
    source$.pipe(explainStart(() => ({ exit: undefined, stderr: '', isCodex: undefined }))),
  );
});
