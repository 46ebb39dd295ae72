import * as t from 'io-ts';
import type { CodexItem } from '../events/codex-item.js';
import type { Item } from './notification.js';

/** An item as `codex exec` prints it, with every field that a record shows. */
type ExecItem = CodexItem & Readonly<Record<string, unknown>>;

/**
 * An item of the app-server as `codex exec` prints it, with codex's own id instead of `item_N`;
 * `undefined` for an item that `codex exec` does not print. The text is empty, since its pieces
 * were emitted before; for the record it stands in `streamed`. Outputs of commands and tools are in
 * the rollout.
 */
export const execItem = (item: Item): ExecItem | undefined => kinds.get(item.type)?.(item);

const kinds: ReadonlyMap<string, (item: Item) => ExecItem> = new Map<
  string,
  (item: Item) => ExecItem
>([
  ['agentMessage', ({ id, text }) => ({ id, type: 'agent_message', text: '', streamed: text })],
  [
    'reasoning',
    ({ id, summary }) => ({
      id,
      type: 'reasoning',
      text: '',
      streamed: (summary ?? []).join('\n'),
    }),
  ],
  [
    'commandExecution',
    ({ id, command, exitCode, status }) => ({
      id,
      type: 'command_execution',
      command,
      exit_code: exitCode,
      status: snake(status),
    }),
  ],
  [
    'fileChange',
    ({ id, changes, status }) => ({
      id,
      type: 'file_change',
      changes: changesOf(changes),
      status: snake(status),
    }),
  ],
  [
    'mcpToolCall',
    ({ id, server, tool, status }) => ({
      id,
      type: 'mcp_tool_call',
      server,
      tool,
      status: snake(status),
    }),
  ],
  [
    'dynamicToolCall',
    ({ id, namespace, tool, status }) => ({
      id,
      type: 'mcp_tool_call',
      server: namespace,
      tool,
      status: snake(status),
    }),
  ],
  [
    'collabAgentToolCall',
    ({ id, tool, status }) => ({
      id,
      type: 'collab_tool_call',
      tool: snake(tool),
      status: snake(status),
    }),
  ],
  ['webSearch', ({ id, query }) => ({ id, type: 'web_search', query })],
]);

/** The items that `codex exec` does not print (protocols of 0.135.0, 0.150.1 and 0.169.0). */
export const UNPRINTED: ReadonlySet<string> = new Set([
  'contextCompaction',
  'enteredReviewMode',
  'exitedReviewMode',
  'functionCallOutput',
  'hookPrompt',
  'imageGeneration',
  'imageView',
  'plan',
  'sleep',
  'subAgentActivity',
  'userMessage',
]);

/** `inProgress` as `in_progress`. */
const snake = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : value;

const Changes = t.array(t.type({ path: t.string, kind: t.type({ type: t.string }) }));

/** The changed files, without their contents. */
const changesOf = (changes: unknown): unknown =>
  Changes.is(changes) ? changes.map(({ path, kind }) => ({ path, kind: kind.type })) : [];
