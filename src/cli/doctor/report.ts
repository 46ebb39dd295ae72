import type { Check, State } from './check.js';

const signs: Readonly<Record<State, { readonly symbol: string; readonly color: string }>> = {
  green: { symbol: '✓', color: '\u001b[32m' },
  yellow: { symbol: '!', color: '\u001b[33m' },
  red: { symbol: '✗', color: '\u001b[31m' },
};
const RESET = '\u001b[0m';
const INDENT = '\n    ';

/**
 * A check for people: symbol, title, detail; the mending step on a line of its own. Ends with a
 * line feed.
 */
export const renderCheck = ({ state, title, detail, mend }: Check, color: boolean): string => {
  const { symbol } = signs[state];
  const step = mend === undefined ? '' : `${INDENT}→ ${printable(mend).join(INDENT)}`;
  return `${painted(symbol, state, color)} ${printable(title).join(' ')}: ${printable(detail).join(INDENT)}${step}\n`;
};

/** The last line: how many of each. */
export const renderSummary = (checks: readonly Check[], color: boolean): string => {
  const count = (state: State): number => checks.filter((check) => check.state === state).length;
  const counts = (['green', 'yellow', 'red'] as const).map((state) =>
    painted(`${count(state)} ${state}`, state, color),
  );
  return `\n${counts.join(', ')}${isOk(checks) ? '' : ': turns will fail, or lose something, until the red ones are mended'}\n`;
};

/** The same for programs. */
export const renderJson = (checks: readonly Check[]): string =>
  `${JSON.stringify({ ok: isOk(checks), checks }, null, 2)}\n`;

export const isOk = (checks: readonly Check[]): boolean =>
  checks.every(({ state }) => state !== 'red');

const painted = (text: string, state: State, color: boolean): string =>
  color ? `${signs[state].color}${text}${RESET}` : text;

/**
 * The lines of a text, without what would move a terminal's cursor: paths and answers come from
 * elsewhere.
 */
const printable = (text: string): string[] =>
  text.split('\n').map((line) => line.replace(/\p{Cc}|\p{Bidi_Control}/gu, '�'));
