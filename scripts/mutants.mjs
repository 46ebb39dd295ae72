// Mutation check: changes the sources one expression at a time, and prints the changes that no test
// notices, with a score.
//
// Not Stryker: its version 10 needs Node 22, and version 9.6 compiles all mutants of a file into
// one source, which makes the loops over bytes so slow that a test of 0.2 s takes more than 20 s.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { misused, readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { randomOf } from './lib/random.mjs';
import { openCheckout } from './mutants/checkout.mjs';
import { mutate, mutations } from './mutants/mutations.mjs';

const FOLDERS = ['turn', 'session', 'codex/events'];

const USAGE = `npm run mutants -- [PLACE]... [--sample N] [--seed N] [--jobs N] [--quick]

  PLACE     a folder, a file, or a line of a file (turn/deadlines.ts:40) below src/ (default: ${FOLDERS.join(', ')})
  --sample  how many mutants of each place (default: all)
  --seed    chooses the sample (default: 1)
  --jobs    how many at once (default: one for each core)
  --quick   leaves out the tests that start processes, so the score is a lower bound
`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    quick: { type: 'boolean', default: false },
  },
});
const sample = wholeNumber('--sample', values.sample);
const seed = wholeNumber('--seed', values.seed, 0);
const jobs = wholeNumber('--jobs', values.jobs);
const places = positionals.length === 0 ? FOLDERS : positionals;
const fileOf = (/** @type {string} */ place) => place.replace(/^src\//, '').replace(/:\d+$/, '');
const absent = places.find(
  (place) => !existsSync(new URL(`../src/${fileOf(place)}`, import.meta.url)),
);
if (absent !== undefined) misused(`there is no ${JSON.stringify(absent)} below src/`);

const checkouts = Array.from({ length: jobs }, (_, nth) => openCheckout(String(nth), values.quick));
/** The sources at the start: those of the project may change meanwhile. */
const src = path.join(checkouts[0]?.root ?? '', 'src');

/** The mutants of a folder without its folders, of a file, or of a line. @param {string} place */
const mutantsOf = (place) => {
  const [given = '', line] = place.replace(/^src\//, '').split(':');
  const isFolder = statSync(path.join(src, given)).isDirectory();
  const files = isFolder
    ? readdirSync(path.join(src, given))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path.posix.join(given, name))
    : [given];
  return files.flatMap((file) => {
    const source = readFileSync(path.join(src, file), 'utf8');
    return mutations(file, source)
      .filter((mutation) => line === undefined || mutation.line === Number(line))
      .map((mutation) => ({ ...mutation, file, text: mutate(source, mutation) }));
  });
};

/** @template T @param {readonly T[]} items @param {string} place */
const sampleOf = (items, place) => {
  const random = randomOf(seed, place);
  return items
    .map((item, nth) => ({ item, nth, order: random.whole(0, 2 ** 31) }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, sample)
    .toSorted((a, b) => a.nth - b.nth)
    .map(({ item }) => item);
};

/**
 * Runs `check` for each item, with as many at once as there are checkouts.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T, checkout: ReturnType<typeof openCheckout>) => Promise<void>} check
 */
const forEach = async (items, check) => {
  const rest = [...items];
  await Promise.all(
    checkouts.map(async (checkout) => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift())
        await check(item, checkout);
    }),
  );
};

for (const place of places) {
  const all = mutantsOf(place);
  const chosen = sampleOf(all, place);
  const checkFile = async (
    /** @type {string} */ file,
    /** @type {ReturnType<typeof openCheckout>} */ checkout,
  ) => {
    const failure = await checkout.failureOf(file);
    if (failure !== undefined) throw new Error(`without a mutant of ${file}: ${failure}`);
  };
  const files = [...new Set(chosen.map(({ file }) => file))];
  await forEach(files, checkFile);
  let killed = 0;
  await forEach(chosen, async ({ file, text, line, change }, checkout) => {
    if (await checkout.isKilled(file, text)) killed += 1;
    else process.stdout.write(`survived  src/${file}:${line}  ${change}\n`);
  });
  // A test that fails for another reason from some time on would have noticed everything.
  await forEach(files, checkFile);
  const score = ((100 * killed) / Math.max(1, chosen.length)).toFixed(1);
  process.stdout.write(
    `src/${place}: ${score} % (${killed} of ${chosen.length} mutants, ${all.length} in all, seed ${seed})\n`,
  );
}
for (const checkout of checkouts) checkout.close();
