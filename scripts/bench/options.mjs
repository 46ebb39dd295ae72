// The command line of the bench.
import { oneOf, readCommandLine, wholeNumber } from '../lib/command-line.mjs';
import { OWN } from './own-tables.mjs';
import { rowsOf } from './rows.mjs';

const names = [...rowsOf(false), ...OWN].map(({ name }) => name);
const ownRounds = OWN.map(({ name, rounds }) => `${name}: ${rounds}`).join(', ');

const USAGE = `npm run bench -- [--quick] [--only <row>]... [--rounds <n>] [--profile <dir>]

  --quick    small sizes and one round, to see that the bench works; the numbers mean nothing
  --only     ${names.join(' | ')}
  --rounds   how often each side is measured (default: 5; ${ownRounds})
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
    roundsOf: (/** @type {import('./own-tables.mjs').OwnRow} */ row) =>
      asked ?? (quick ? 2 : row.rounds),
    isWanted: (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name),
  };
};
