/**
 * Every name that Plexum adds to MCP. `src/plexum/WIRE.md` says which names are known and which are
 * our choice.
 */
export const PLUGIN_NAME = 'plexum-openai-provider';
export const EXECUTABLE = 'plexum-openai-provider-plugin';
export const WIRE_VERSION = '1';

/** The requests: the host sends the first three, the plugin the last one. */
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
