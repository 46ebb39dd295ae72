// Lets two, three and four processes mark calls in one rollout at once, kills some of them, and
// counts torn lines and lost marks. Prints the sums so far after every tenth round and at the end.
// Exits 1 when a line is torn or a mark is lost.
import { readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { openMutators } from './lib/mutators.mjs';
import { randomOf } from './lib/random.mjs';

const USAGE = `node scripts/mutators.mjs [--rounds N] [--seed N]

  --rounds  how many (default: 200)
  --seed    repeats the choices of an earlier run; every line of its output has the seed
`;

const { values } = readCommandLine(USAGE, {
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const [rounds, seed] = [
  wholeNumber('--rounds', values.rounds),
  wholeNumber('--seed', values.seed, 0),
];
const { fraction: random } = randomOf(seed, 'mutators');
const mutators = await openMutators();
const sum = { rounds: 0, torn: 0, lost: 0, reported: 0, killed: 0, busy: 0, odd: 0 };
const print = () => console.log(JSON.stringify({ seed, ...sum }));
try {
  for (let round = 0; round < rounds; round += 1) {
    const { odd, ...counts } = await mutators.round(2 + (round % 3), random);
    for (const each of odd) console.log(`round ${round}: ${each}`);
    sum.rounds += 1;
    sum.odd += odd.length;
    for (const key of /** @type {const} */ (['torn', 'lost', 'reported', 'killed', 'busy']))
      sum[key] += counts[key];
    if (sum.rounds % 10 === 0) print();
  }
} finally {
  mutators.close();
}
if (sum.rounds % 10 !== 0) print();
process.exitCode = sum.torn + sum.lost + sum.odd === 0 ? 0 : 1;
