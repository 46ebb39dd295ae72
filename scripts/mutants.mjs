// Mutation check: changes the sources one expression at a time, and prints the changes that no test
// notices. `npm run mutants [-- folder…] [--sample N] [--seed N]`; folders are below src/.
//
// Not Stryker: its version 10 needs Node 22, and version 9.6 compiles all mutants of a file into one
// source, which makes the loops over bytes so slow that a test of 0.2 s takes more than 20 s.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutate, mutations } from './mutants/mutations.mjs';
import { testsOf } from './mutants/tests-of.mjs';

const FOLDERS = ['turn', 'session', 'codex/events'];
const TIMEOUT_MS = 60_000;
const project = fileURLToPath(new URL('..', import.meta.url));
const copy = path.join(project, '.cache', 'mutants');
const runner = fileURLToPath(new URL('mutants/runner.mjs', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample);

/** Random numbers below 1, the same for the same seed (mulberry32). @param {number} seed */
const randomFrom = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const copyProject = () => {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const name of ['src', 'marble-tests', 'scripts', 'package.json', 'tsconfig.json'])
    cpSync(path.join(project, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(project, 'node_modules'), path.join(copy, 'node_modules'));
};

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
const startRunner = async () => {
  const started = fork(runner, { cwd: copy, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(started, 'message');
  return started;
};

/**
 * Runs tests, and resolves whether they notice the mutant. An endless loop counts as noticed.
 *
 * @param {string} source
 * @param {readonly string[]} tests
 * @returns {Promise<boolean>}
 */
const isKilled = async (source, tests) => {
  child ??= await startRunner();
  child.send({ source, tests });
  const abort = new AbortController();
  const { signal } = abort;
  const answer = await Promise.race([
    once(child, 'message', { signal }).then(([reply]) => reply),
    once(child, 'exit', { signal }).then(() => ({ killedBy: 'exit' })),
    sleep(TIMEOUT_MS, { killedBy: 'timeout' }, { signal }),
  ]);
  abort.abort();
  // A runner that has seen another mutant may have it in a cache.
  child.kill('SIGKILL');
  child = undefined;
  return answer.killedBy !== undefined;
};

copyProject();
const random = randomFrom(Number(values.seed));
for (const folder of positionals.length === 0 ? FOLDERS : positionals) {
  const sources = path.join(copy, 'src', folder);
  const all = readdirSync(sources)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = path.join(sources, name);
      const source = readFileSync(file, 'utf8');
      const tests = testsOf(path.join(copy, 'marble-tests', folder), file);
      return mutations(name, source).map((mutation) => ({ name, file, source, tests, mutation }));
    });
  const chosen = all
    .map((mutant) => ({ mutant, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, sample)
    .map(({ mutant }) => mutant)
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.mutation.start - b.mutation.start);
  for (const { file, tests } of new Map(chosen.map((each) => [each.file, each])).values())
    if (await isKilled(file, tests)) throw new Error(`the tests of ${file} fail without a mutant`);
  let killed = 0;
  for (const { name, file, source, tests, mutation } of chosen) {
    writeFileSync(file, mutate(source, mutation));
    if (await isKilled(file, tests)) killed += 1;
    else
      process.stdout.write(
        `survived  src/${folder}/${name}:${mutation.line}  ${mutation.change}\n`,
      );
    writeFileSync(file, source);
  }
  const score = ((100 * killed) / Math.max(1, chosen.length)).toFixed(1);
  process.stdout.write(
    `src/${folder}: ${score} % (${killed} of ${chosen.length} mutants, ${all.length} in all)\n`,
  );
}
child?.kill();
