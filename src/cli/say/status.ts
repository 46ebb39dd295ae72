import * as t from 'io-ts';
import type { Notice } from '../../canonical/notice.js';
import { itemOf, kindOf, nameOf } from '../codex-items.js';

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
const Line = t.type({ type: t.string });

const afterLine = (status: Status, line: unknown): Status => {
  // An error that codex recovers from: "Reconnecting... 1/5".
  if (ErrorLine.is(line)) return { ...status, doing: line.message };
  if (!Line.is(line)) return status;
  const resumed = { ...status, doing: 'thinking' };
  const item = itemOf(line);
  if (item?.id === undefined) return resumed;
  if (line.type === 'item.completed') return withoutTool(resumed, item.id);
  const { doing } = line.type === 'item.started' ? kindOf(item) : {};
  return doing === undefined ? resumed : withTool(resumed, item.id, doing(nameOf(item)));
};

const withTool = (status: Status, id: string, words: string): Status => ({
  ...status,
  running: new Map([...status.running, [id, words]]),
});
const withoutTool = (status: Status, id: string): Status => ({
  ...status,
  running: new Map([...status.running].filter(([other]) => other !== id)),
});
