import * as t from 'io-ts';
import type { Notice } from '../../canonical/notice.js';

/** What a turn does at a moment. */
export interface Status {
  /** Shown while no tool runs. */
  readonly doing: string;
  /** The running tools by the id of their item or call, in the order in which they started. */
  readonly running: ReadonlyMap<string, string>;
}

export const startStatus: Status = { doing: 'starting codex', running: new Map() };

/** The status in one line. */
export const statusText = ({ doing, running }: Status): string =>
  ([...running.values()].at(-1) ?? doing).replace(/\s+/g, ' ');

/** The status after a notice; the same object when the notice changes nothing. */
export const statusAfter = (status: Status, notice: Notice): Status => {
  if ('wait' in notice)
    return {
      ...status,
      doing: `waiting for ${notice.wait.ahead} other turn${notice.wait.ahead === 1 ? '' : 's'}`,
    };
  if ('raw' in notice) return afterLine(status, notice.raw);
  if ('call' in notice)
    return withTool(status, `call ${notice.call.id}`, `calling ${notice.call.tool}`);
  if ('returned' in notice) return withoutTool(status, `call ${notice.returned.id}`);
  if ('exited' in notice) return { doing: 'finishing', running: new Map() };
  if ('event' in notice && notice.event.type === 'message_start')
    return { ...status, doing: 'starting codex' };
  return status;
};

const ErrorLine = t.type({ type: t.literal('error'), message: t.string });
const ItemLine = t.type({ type: t.string, item: t.type({ id: t.string }) });
const Line = t.type({ type: t.string });

const Command = t.type({ type: t.literal('command_execution'), command: t.string });
const McpCall = t.type({ type: t.literal('mcp_tool_call'), tool: t.string });
const Search = t.type({ type: t.literal('web_search'), query: t.string });
const Change = t.type({ type: t.literal('file_change') });

const afterLine = (status: Status, line: unknown): Status => {
  // An error that codex recovers from: "Reconnecting... 1/5".
  if (ErrorLine.is(line)) return { ...status, doing: line.message };
  const resumed = Line.is(line) ? { ...status, doing: 'thinking' } : status;
  if (!ItemLine.is(line)) return resumed;
  const { id } = line.item;
  if (line.type === 'item.completed') return withoutTool(resumed, id);
  const words = line.type === 'item.started' ? wordsFor(line.item) : undefined;
  return words === undefined ? resumed : withTool(resumed, id, words);
};

const wordsFor = (item: unknown): string | undefined => {
  if (Command.is(item)) return `running ${withoutShell(item.command)}`;
  if (McpCall.is(item)) return `calling ${item.tool}`;
  if (Search.is(item)) return `searching ${item.query}`;
  return Change.is(item) ? 'changing files' : undefined;
};

/** The command without its shell: codex prints `/bin/bash -lc 'npm test'`. */
const withoutShell = (command: string): string =>
  /^\S*sh -l?c '([^]*)'$/.exec(command)?.[1] ?? command.replace(/^\S*sh -l?c /, '');

const withTool = (status: Status, id: string, words: string): Status => ({
  ...status,
  running: new Map([...status.running, [id, words]]),
});
const withoutTool = (status: Status, id: string): Status => ({
  ...status,
  running: new Map([...status.running].filter(([other]) => other !== id)),
});
