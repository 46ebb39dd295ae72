import { rmSync, writeFileSync } from 'node:fs';
import { type Observable, Subscription, using } from 'rxjs';
import type { CodexRun } from '../codex/run.js';
import { TemporaryFileError } from '../turn/failures.js';

/**
 * Writes the schema of a turn into the file that codex reads, with mode 0600, for the life of a
 * source.
 *
 * Mirrors the source, and removes the file when the source completes, fails or is unsubscribed.
 * Fails with `TemporaryFileError` without a subscription to the source when the file cannot be
 * written. Mirrors the source of a turn without a schema.
 */
export const withSchemaFile = <T>(
  schemaFile: CodexRun['schemaFile'],
  source$: Observable<T>,
): Observable<T> =>
  schemaFile === undefined
    ? source$
    : using(
        () => {
          const { path, text } = schemaFile;
          try {
            // Nobody else can have made it: its name was chosen at random.
            writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
          } catch (error) {
            throw new TemporaryFileError('the schema of the turn', error);
          }
          return new Subscription(() => rmSync(path, { force: true }));
        },
        () => source$,
      );
