import { printable, printableJson, printableLine } from '../../text/printable.js';
import type { Check, State } from './check.js';

const signs: Readonly<Record<State, { readonly symbol: string; readonly color: string }>> = {
  green: { symbol: '✓', color: '\u001b[32m' },
  yellow: { symbol: '!', color: '\u001b[33m' },
  red: { symbol: '✗', color: '\u001b[31m' },
};
const RESET = '\u001b[0m';
const INDENT = '\n    ';

const lines = (text: string): string => printable(text).split('\n').join(INDENT);

/** A check for people: symbol, title, detail; what to do on a line of its own. Ends with a LF. */
export const renderCheck = ({ state, title, detail, mend }: Check, color: boolean): string => {
  const { symbol } = signs[state];
  const step = mend === undefined ? '' : `${INDENT}→ ${lines(mend)}`;
  return `${colored(symbol, state, color)} ${printableLine(title)}: ${lines(detail)}${step}\n`;
};

/** The last line: the number of checks per state. */
export const renderSummary = (checks: readonly Check[], color: boolean): string => {
  const count = (state: State): number => checks.filter((check) => check.state === state).length;
  const counts = (['green', 'yellow', 'red'] as const).map((state) =>
    colored(`${count(state)} ${state}`, state, color),
  );
  return `\n${counts.join(', ')}${isOk(checks) ? '' : ': turns will fail, or lose something, until the red ones are mended'}\n`;
};

/** The checks for programs, as one JSON document. */
export const renderJson = (checks: readonly Check[]): string =>
  printableJson(`${JSON.stringify({ ok: isOk(checks), checks }, null, 2)}\n`);

/** Whether no check is red. */
export const isOk = (checks: readonly Check[]): boolean =>
  checks.every(({ state }) => state !== 'red');

const colored = (text: string, state: State, color: boolean): string =>
  color ? `${signs[state].color}${text}${RESET}` : text;
