// The command line of the bench.
import { oneOf, readCommandLine, wholeNumber } from '../lib/command-line.mjs';
import { OWN } from './own-tables.mjs';
import { rowsOf } from './rows.mjs';

/** @typedef {import('./own-tables.mjs').Own} Own */

/** The rows that are not measured 41 times. @type {Partial<Record<Own, number>>} */
const ROUNDS = { start: 21, mutate: 11, thread: 5, many: 5, agents: 3 };
const MANY = OWN.filter((name) => ROUNDS[name] === undefined);
const names = [...rowsOf(false).map(({ name }) => name), ...OWN];

const USAGE = `npm run bench -- [--quick] [--only <row>]... [--rounds <n>] [--profile <dir>]

  --quick    small sizes and one round, to see that the bench works; the numbers mean nothing
  --only     ${names.join(' | ')}
  --rounds   how often each side is measured (default: 5; ${MANY.join(', ')}: 41; start: 21; mutate: 11; agents: 3)
  --profile  writes CPU profiles of the measurements against codex-sdk, for Chrome's DevTools
`;

/** Reads the arguments. */
export const readOptions = () => {
  const { quick, only, profile, ...given } = readCommandLine(USAGE, {
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      profile: { type: 'string' },
    },
  }).values;
  const wanted = only.map((name) => oneOf('--only', name, names));
  const asked = given.rounds === undefined ? undefined : wholeNumber('--rounds', given.rounds);
  return {
    quick,
    profile,
    rounds: asked ?? (quick ? 1 : 5),
    roundsOf: (/** @type {Own} */ name) => asked ?? (quick ? 2 : (ROUNDS[name] ?? 41)),
    isWanted: (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name),
  };
};
