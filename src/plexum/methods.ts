/**
 * Every name of the wire that Plexum adds to MCP, once. Which of them are known and which are our
 * choice stands in the README.
 */
export const PLUGIN_NAME = 'plexum-openai-provider';
export const EXECUTABLE = 'plexum-openai-provider-plugin';
export const WIRE_VERSION = '1';

export const method = {
  manifestRead: 'plexum/manifest/read',
  providerStream: 'plexum/provider/stream',
  sessionMutate: 'plexum/session/mutate',
  toolExecute: 'plexum/host/tool/execute',
} as const;

export const notification = {
  providerEvent: 'notifications/plexum/provider/event',
  cancelled: 'notifications/cancelled',
} as const;
