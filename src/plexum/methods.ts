/**
 * Every name of the wire: those of MCP that the plugin uses, and those that Plexum adds. The fields
 * are in `params.ts`. `src/plexum/WIRE.md` says which names are known and which are our choice.
 */
export const PLUGIN_NAME = 'plexum-openai-provider';
export const EXECUTABLE = 'plexum-openai-provider-plugin';
export const WIRE_VERSION = '1';

/** The requests: the plugin sends the last one, the host all others. */
export const method = {
  initialize: 'initialize',
  ping: 'ping',
  setLevel: 'logging/setLevel',
  manifestRead: 'plexum/manifest/read',
  providerStream: 'plexum/provider/stream',
  sessionMutate: 'plexum/session/mutate',
  toolExecute: 'plexum/host/tool/execute',
} as const;

/** The notifications: the host sends the first two, the plugin the last two, both the others. */
export const notification = {
  initialized: 'notifications/initialized',
  rootsChanged: 'notifications/roots/list_changed',
  progress: 'notifications/progress',
  cancelled: 'notifications/cancelled',
  message: 'notifications/message',
  providerEvent: 'notifications/plexum/provider/event',
} as const;

/** What a host that asks everybody gets: the plugin has none of these. */
export const emptyLists: ReadonlyMap<string, Readonly<Record<string, readonly never[]>>> = new Map([
  ['tools/list', { tools: [] }],
  ['resources/list', { resources: [] }],
  ['resources/templates/list', { resourceTemplates: [] }],
  ['prompts/list', { prompts: [] }],
]);

/** Whether a request may stay open for long. */
export const isLasting = (name: string): boolean => name.startsWith('plexum/');
