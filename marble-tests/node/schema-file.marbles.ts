import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSchemaFile } from '../../src/node/schema-file.js';
import { marbles } from '../support/marbles.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'plexum-schema-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('withSchemaFile', () => {
  it.each([
    ['completes', '-a-b-|', '-a-b-|', '^----!', undefined],
    ['fails', '    -a-b-#', '-a-b-#', '^----!', undefined],
    ['is unsubscribed', '-a-b-|', '-a-b', '^---!', '----!'],
  ])('keeps a private file until the source %s', (_what, marble, expected, subs, cancel) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const file = path.join(dir, 's.json');
      const seen: unknown[] = [];
      const source = cold(marble);
      const watched$ = withSchemaFile(
        { path: file, text: '{}' },
        source.pipe(
          tap(() => seen.push([readFileSync(file, 'utf8'), statSync(file).mode & 0o777])),
        ),
      );

      expectObservable(watched$, cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(seen).toContainEqual(['{}', 0o600]);
      expect(readdirSync(dir)).toEqual([]);
    })();
  });

  it(
    'fails without the source when the file cannot be written',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');
      const expected = '   #   ';
      const file = { path: path.join(dir, 'absent/s.json'), text: '{}' };
      const failure = expect.objectContaining({
        name: 'TemporaryFileError',
        message: expect.stringMatching(/ENOENT.*; set TMPDIR of the daemon to a folder/),
      });

      expectObservable(withSchemaFile(file, source)).toBe(expected, {}, failure);
      expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );
});
