import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import * as t from 'io-ts';
import { concat, NEVER } from 'rxjs';
import { fromAbort } from '../streams/from-abort.js';
import type { ToolCall } from './endpoint.js';
import type { Tool } from './tool-list.js';

/** codex 0.169 sends its call id in `_meta`. */
const Meta = t.type({ callId: t.string });

/**
 * An MCP server for one connection of codex. It lists the tools and passes each call to `onCall`,
 * with the id of its request.
 */
/* eslint-disable @typescript-eslint/no-deprecated --
   The host's tools have JSON Schema; McpServer accepts zod schemas only. */
export const toolServer = (
  tools: readonly Tool[],
  onCall: (call: ToolCall, id: RequestId) => void,
): Server => {
  const server = new Server(
    { name: 'plexum-host', version: '1' },
    // The host validates the arguments of its own tools.
    {
      capabilities: { tools: {} },
      jsonSchemaValidator: {
        getValidator: () => () => ({
          valid: false,
          data: undefined,
          errorMessage: 'not validated',
        }),
      },
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...tools] }));
  server.setRequestHandler(
    CallToolRequestSchema,
    ({ params }, { signal, _meta, requestId, sendNotification }) =>
      new Promise<CallToolResult>((answer) => {
        const progressToken = _meta?.progressToken;
        const call: ToolCall = {
          type: 'call',
          name: params.name,
          arguments: params.arguments ?? {},
          ...(Meta.is(_meta) ? { callId: _meta.callId } : {}),
          cancelled$: concat(fromAbort(signal), NEVER),
          progress: (progress) => {
            if (progressToken === undefined) return;
            sendNotification({
              method: 'notifications/progress',
              params: { progressToken, ...progress },
            }).catch(() => undefined);
          },
          answer,
        };
        onCall(call, requestId);
      }),
  );
  return server;
};
