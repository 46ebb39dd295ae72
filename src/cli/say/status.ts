import * as t from 'io-ts';
import type { Notice } from '../../canonical/notice.js';

/** What a turn does at the moment. */
export interface Status {
  /** While no tool runs. */
  readonly doing: string;
  /** What runs, by the id of its item or call, in the order of its beginning. */
  readonly running: ReadonlyMap<string, string>;
}

export const startStatus: Status = { doing: 'starting codex', running: new Map() };

/** In words, one line. */
export const statusText = ({ doing, running }: Status): string =>
  ([...running.values()].at(-1) ?? doing).replace(/\s+/g, ' ');

/** The status after something was noticed; the same one where that changes nothing. */
export const statusAfter = (status: Status, what: Notice): Status => {
  if ('wait' in what)
    return {
      ...status,
      doing: `waiting for ${what.wait.ahead} other turn${what.wait.ahead === 1 ? '' : 's'}`,
    };
  if ('raw' in what) return afterLine(status, what.raw);
  if ('call' in what) return started(status, `call ${what.call.id}`, `calling ${what.call.tool}`);
  if ('returned' in what) return ended(status, `call ${what.returned.id}`);
  if ('exited' in what) return { doing: 'finishing', running: new Map() };
  if ('event' in what && what.event.type === 'message_start')
    return { ...status, doing: 'starting codex' };
  return status;
};

const Notice = t.type({ type: t.literal('error'), message: t.string });
const ItemLine = t.type({ type: t.string, item: t.type({ id: t.string }) });
const Line = t.type({ type: t.string });

const Command = t.type({ type: t.literal('command_execution'), command: t.string });
const McpCall = t.type({ type: t.literal('mcp_tool_call'), tool: t.string });
const Search = t.type({ type: t.literal('web_search'), query: t.string });
const Change = t.type({ type: t.literal('file_change') });

const afterLine = (status: Status, line: unknown): Status => {
  // codex is at it again: "Reconnecting... 1/5".
  if (Notice.is(line)) return { ...status, doing: line.message };
  const resumed = Line.is(line) ? { ...status, doing: 'thinking' } : status;
  if (!ItemLine.is(line)) return resumed;
  const { id } = line.item;
  if (line.type === 'item.completed') return ended(resumed, id);
  const words = line.type === 'item.started' ? wordsFor(line.item) : undefined;
  return words === undefined ? resumed : started(resumed, id, words);
};

const wordsFor = (item: unknown): string | undefined => {
  if (Command.is(item)) return `running ${withoutShell(item.command)}`;
  if (McpCall.is(item)) return `calling ${item.tool}`;
  if (Search.is(item)) return `searching ${item.query}`;
  return Change.is(item) ? 'changing files' : undefined;
};

/** codex names the shell too: `/bin/bash -lc 'npm test'`. */
const withoutShell = (command: string): string =>
  /^\S*sh -l?c '([^]*)'$/.exec(command)?.[1] ?? command.replace(/^\S*sh -l?c /, '');

const started = (status: Status, id: string, words: string): Status => ({
  ...status,
  running: new Map([...status.running, [id, words]]),
});
const ended = (status: Status, id: string): Status => ({
  ...status,
  running: new Map([...status.running].filter(([other]) => other !== id)),
});
