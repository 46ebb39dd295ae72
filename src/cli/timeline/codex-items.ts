import * as t from 'io-ts';
import { type CodexItem, toolItems } from '../../codex/events/codex-item.js';
import type { Kind } from './model.js';

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
  /** Whether the item is a tool, which takes time. */
  readonly tool: boolean;
}

const kinds: Readonly<Record<CodexItem['type'], Omit<ItemKind, 'tool'>>> = {
  agent_message: { kind: 'message', sign: 'm', word: 'message' },
  reasoning: { kind: 'reasoning', sign: 'r', word: 'reasoning' },
  command_execution: { kind: 'command', sign: 'c', word: 'command' },
  file_change: { kind: 'command', sign: 'f', word: 'patch' },
  mcp_tool_call: { kind: 'call', sign: 't', word: 'tool' },
  web_search: { kind: 'command', sign: 'w', word: 'search' },
  collab_tool_call: { kind: 'command', sign: 'k', word: 'agent' },
  todo_list: { kind: 'life', sign: 'l', word: 'plan' },
  error: { kind: 'notice', sign: 'n', word: 'warning' },
};
const byType: ReadonlyMap<string, Omit<ItemKind, 'tool'>> = new Map(Object.entries(kinds));

export const kindOf = ({ type }: CodexLaneItem): ItemKind => ({
  ...(byType.get(type) ?? { kind: 'notice', sign: 'o', word: type }),
  tool: toolItems.has(type),
});

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

/** The command, tool or files of an item; '' for an item without a name. */
export const nameOf = (item: CodexLaneItem): string => {
  switch (item.type) {
    case 'command_execution':
      return bare(text(item.command));
    case 'file_change':
      return Changes.is(item.changes)
        ? item.changes.map(({ path }) => path.split('/').at(-1)).join(', ')
        : '';
    case 'mcp_tool_call':
      return [...(isOfHost(item) ? [] : [text(item.server)]), text(item.tool)]
        .filter((part) => part !== '')
        .join('.');
    case 'web_search':
      return text(item.query);
    case 'collab_tool_call':
      return text(item.tool);
    case 'error':
      return text(item.message);
    default:
      return firstLine(text(item.text) || text(item.streamed));
  }
};
