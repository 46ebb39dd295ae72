import { isLeft } from 'fp-ts/lib/Either.js';
import { ignoreElements, merge, type Observable, tap, throwIfEmpty } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { HostRequest } from '../plexum/host-requests.js';
import { internalError } from '../plexum/rpc-error.js';
import type { Ports } from '../ports.js';
import { mutateSession } from '../session/mutate-session.js';
import { mutateRequest } from './mutate-request.js';

/**
 * Mutates the thread of a workspace for a request of the host.
 *
 * Emits nothing: responds with the report of the mutation, and completes. Throws and fails with
 * what the host is refused with, also when the request is cancelled or `shutdown$` emits before the
 * first change. Unsubscribe stops before the next step.
 */
export const mutateThread = (
  request: HostRequest,
  ports: Ports,
  options: { readonly problem?: string | undefined },
  shutdown$: Observable<unknown>,
): Observable<never> => {
  if (options.problem !== undefined) throw internalError(options.problem, 'config');
  const checked = mutateRequest(request.params);
  if (isLeft(checked)) throw checked.left;
  const { agentId, workspace } = checked.right;
  const log: Log = (level, msg, fields) => {
    ports.log(level, msg, { agent_id: agentId, workspace, ...fields });
  };
  return mutateSession(checked.right, merge(request.cancelled$, shutdown$), { ...ports, log }).pipe(
    throwIfEmpty(() => internalError('codex: the mutation was cancelled, nothing was changed')),
    tap((mutated) => {
      request.answer({ ...mutated });
    }),
    ignoreElements(),
  );
};
