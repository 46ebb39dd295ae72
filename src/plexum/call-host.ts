import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { type Progress, ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { defer, finalize, from, type Observable } from 'rxjs';

/** The longest delay of a Node timer. The caller sets the limit. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Sends a request to the host on subscribe.
 *
 * Emits the result once and completes. Fails with the error of the host. Unsubscribe cancels the
 * request at the host, unless the host has answered.
 */
export type CallHost = (
  method: string,
  params: Record<string, unknown>,
  onProgress?: (progress: Progress) => void,
) => Observable<unknown>;

export const callHost =
  // McpServer does not support methods outside MCP.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
    (server: Server): CallHost =>
    (method, params, onprogress) =>
      defer(() => {
        const abort = new AbortController();
        let isOpen = true;
        const result = server
          .request({ method, params }, ResultSchema, {
            signal: abort.signal,
            timeout: NO_TIMEOUT_MS,
            ...(onprogress === undefined ? {} : { onprogress }),
          })
          .finally(() => {
            isOpen = false;
          });
        // The SDK sends a cancel even for a request that the host has answered.
        return from(result).pipe(
          finalize(() => {
            if (isOpen) abort.abort();
          }),
        );
      });
