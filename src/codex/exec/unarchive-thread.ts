import { defer, EMPTY, mergeMap, type Observable } from 'rxjs';
import { ANY_FOLDER } from '../../process/run.js';
import { spawnProcess } from '../../process/spawn.js';
import type { Environment } from '../environment.js';
import { askCodex } from './ask-codex.js';
import { findCodex$ } from './find-codex.js';

/**
 * Takes a thread out of codex's archive by `codex unarchive`, for both transports. Moving the
 * rollout back is not enough: the database of codex 0.136 and newer says that it is archived. Older
 * ones have no such command and resume an archived thread as it is (src/codex/README.md).
 *
 * Emits nothing; completes when codex has done so. Fails when it refuses, or when it cannot be
 * started. Unsubscribe ends the command.
 */
export const unarchiveThread = (
  threadId: string,
  { binary: name, environment }: { readonly binary: string; readonly environment: Environment },
): Observable<never> =>
  defer(() => findCodex$(name, environment)).pipe(
    mergeMap(({ binary }) =>
      askCodex(
        {
          file: binary.file,
          args: ['unarchive', threadId],
          cwd: ANY_FOLDER,
          env: { ...environment, ...binary.env },
          stdin: '',
        },
        spawnProcess,
      ),
    ),
    mergeMap(({ code, text }) => {
      if (code !== 0) throw new Error(`codex unarchive failed: ${text}`);
      return EMPTY;
    }),
  );
