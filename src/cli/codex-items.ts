import * as t from 'io-ts';
import { type CodexItem, toolItems } from '../codex/events/codex-item.js';
import type { Kind } from './timeline/model.js';

const CodexLaneItem = t.intersection([
  t.type({ type: t.string }),
  t.partial({
    id: t.string,
    text: t.unknown,
    /** The text of a streamed message. */
    streamed: t.unknown,
    message: t.unknown,
    command: t.unknown,
    changes: t.unknown,
    server: t.unknown,
    tool: t.unknown,
    query: t.unknown,
    status: t.unknown,
  }),
]);
export type CodexLaneItem = t.TypeOf<typeof CodexLaneItem>;

const WithItem = t.type({ type: t.string, item: CodexLaneItem });

/** The item of a codex event; `undefined` for an event without one. */
export const itemOf = (raw: unknown): CodexLaneItem | undefined =>
  WithItem.is(raw) ? raw.item : undefined;

interface ItemKind {
  readonly kind: Kind;
  /** The letter of the kind, for a turn with more items than letters. */
  readonly sign: string;
  readonly word: string;
  /** The command, tool or files of an item; '' for an item without a name. */
  readonly nameOf: (item: CodexLaneItem) => string;
  /** What codex does while a tool of this name runs. */
  readonly doing?: (name: string) => string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The command without its shell: `/bin/bash -lc 'ls -la'` becomes `ls -la`. */
const bare = (command: string): string =>
  /^\S*\b(?:ba|z|da)?sh -l?c (["']?)([^]*)\1$/.exec(command)?.[2] ?? command;

/** The first line of a text that is not empty, without the stars of bold type. */
export const firstLine = (markdown: string): string =>
  (markdown.split('\n').find((line) => line.trim() !== '') ?? '').replaceAll('**', '').trim();

/** Whether the item is a call of a host tool: its MCP server is the bridge. */
export const isOfHost = ({ type, server }: CodexLaneItem): boolean =>
  type === 'mcp_tool_call' && text(server).startsWith('plexum-host-');

const Changes = t.array(t.type({ path: t.string }));

const firstWords = ({ text: whole, streamed }: CodexLaneItem): string =>
  firstLine(text(whole) || text(streamed));
const changedFiles = ({ changes }: CodexLaneItem): string =>
  Changes.is(changes) ? changes.map(({ path }) => path.split('/').at(-1)).join(', ') : '';
const toolName = (item: CodexLaneItem): string =>
  [...(isOfHost(item) ? [] : [text(item.server)]), text(item.tool)]
    .filter((part) => part !== '')
    .join('.');

const kinds: Readonly<Record<CodexItem['type'], ItemKind>> = {
  agent_message: { kind: 'message', sign: 'm', word: 'message', nameOf: firstWords },
  reasoning: { kind: 'reasoning', sign: 'r', word: 'reasoning', nameOf: firstWords },
  command_execution: {
    kind: 'command',
    sign: 'c',
    word: 'command',
    nameOf: ({ command }) => bare(text(command)),
    doing: (name) => `running ${name}`,
  },
  file_change: {
    kind: 'command',
    sign: 'f',
    word: 'patch',
    nameOf: changedFiles,
    doing: (name) => `changing ${name || 'files'}`,
  },
  mcp_tool_call: {
    kind: 'call',
    sign: 't',
    word: 'tool',
    nameOf: toolName,
    doing: (name) => `calling ${name}`,
  },
  web_search: {
    kind: 'command',
    sign: 'w',
    word: 'search',
    nameOf: ({ query }) => text(query),
    doing: (name) => `searching ${name}`,
  },
  collab_tool_call: {
    kind: 'command',
    sign: 'k',
    word: 'agent',
    nameOf: ({ tool }) => text(tool),
  },
  todo_list: { kind: 'life', sign: 'l', word: 'plan', nameOf: firstWords },
  error: { kind: 'notice', sign: 'n', word: 'warning', nameOf: ({ message }) => text(message) },
};
const byType: ReadonlyMap<string, ItemKind> = new Map(Object.entries(kinds));

/** What people are shown of an item. An unknown type stands for itself. */
export const kindOf = ({ type }: CodexLaneItem): ItemKind =>
  byType.get(type) ?? { kind: 'notice', sign: 'o', word: type, nameOf: firstWords };

/** The name of an item; see `ItemKind`. */
export const nameOf = (item: CodexLaneItem): string => kindOf(item).nameOf(item);

/** Whether the item is a tool, which takes time. */
export const isTool = ({ type }: CodexLaneItem): boolean => toolItems.has(type);
