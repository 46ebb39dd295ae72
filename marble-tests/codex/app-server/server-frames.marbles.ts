import { count, merge, mergeMap, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { serverFrames } from '../../../src/codex/app-server/server-frames.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

/** Chunks: a whole frame, one in two pieces, no JSON, a line over the bound of 30 bytes. */
const chunks: Readonly<Record<string, Uint8Array>> = {
  a: Buffer.from('{"id":1}\n'),
  b: Buffer.from('{"id"'),
  c: Buffer.from(':2}\n'),
  n: Buffer.from('what?\n'),
  l: Buffer.from(`${'x'.repeat(40)}\n`),
};
const frames = { a: { id: 1 }, c: { id: 2 } };
const NOT_JSON = 'codex app-server wrote what cannot be read: not JSON: what?';
const TOO_LONG =
  'codex app-server wrote what cannot be read: a line of 40 bytes is over the bound; max_line_bytes in config.json is 30';
const reasons = { n: NOT_JSON, l: TOO_LONG };

/** The frames of an app-server of marbles, and what was logged. */
const reading = ({ hot }: Marbles, diagram: string) => {
  const stdout = hot(diagram, chunks);
  const logs: string[] = [];
  const read = serverFrames(stdout, 30, (level, message) => void logs.push(`${level} ${message}`));
  return { stdout, logs, ...read };
};

describe('serverFrames', () => {
  it(
    'emits each JSON value when its line is complete, and the other lines apart',
    marbles((helpers) => {
      const subs = '       ^-----------!';
      const expected = '   -a---c------|';
      const unreadable = ' -------n-l--|';
      const { stdout, frame$, unreadable$ } = reading(helpers, '-a-b-c-n-l--|');

      helpers.expectObservable(frame$).toBe(expected, frames);
      helpers.expectObservable(unreadable$).toBe(unreadable, reasons);
      helpers.expectSubscriptions(stdout.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs each line that cannot be read once, whoever hears of it',
    marbles((helpers) => {
      const subs = '       ^----!';
      const { stdout, logs, unreadable$ } = reading(helpers, '-n-l-|');

      helpers.expectObservable(unreadable$).toBe('-n-l-|', reasons);
      helpers.expectObservable(unreadable$).toBe('-n-l-|', reasons);
      helpers.expectSubscriptions(stdout.subscriptions).toBe(subs);
      helpers.flush();
      expect(logs).toEqual([`warning ${NOT_JSON}`, `warning ${TOO_LONG}`]);
    }),
  );

  it(
    'logs the first line of a kind, and 20 kinds at most',
    marbles((helpers) => {
      const lines = Array.from({ length: 30 }, (_, i) => 'x'.repeat(40 + i));
      const stdout = helpers.hot('-n-n-m-n-|', {
        ...chunks,
        m: Buffer.from(lines.map((line) => `${line}\n`).join('')),
      });
      const logs: string[] = [];
      const { unreadable$ } = serverFrames(
        stdout,
        30,
        (_level, message) => void logs.push(message),
      );
      const count$ = unreadable$.pipe(count());

      helpers.expectObservable(count$).toBe('---------(c|)', { c: 33 });
      helpers.expectSubscriptions(stdout.subscriptions).toBe('^--------!');
      helpers.flush();
      expect(logs).toHaveLength(20);
      expect(logs.slice(0, 2)).toEqual([NOT_JSON, TOO_LONG]);
    }),
  );

  it(
    'reads while one of both is subscribed',
    marbles((helpers) => {
      const { stdout, frame$, unreadable$ } = reading(helpers, '-a-n-a-n-');

      helpers.expectObservable(frame$, '     ^---!    ').toBe('-a---    ', frames);
      helpers.expectObservable(unreadable$, '--^----!').toBe(' ---n---', reasons);
      helpers.expectSubscriptions(stdout.subscriptions).toBe('^------!');
    }),
  );

  it(
    'fails both with the source',
    marbles((helpers) => {
      const subs = '       ^--!';
      const { stdout, frame$, unreadable$ } = reading(helpers, '-a-#');

      helpers.expectObservable(frame$).toBe('-a-#', frames);
      helpers.expectObservable(unreadable$).toBe('---#');
      helpers.expectSubscriptions(stdout.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('anl', chunks, (stdout$) => {
    const { frame$, unreadable$ } = serverFrames(stdout$, 30, () => undefined);
    return merge(frame$, unreadable$).pipe(mergeMap((each) => of(each)));
  });
});
