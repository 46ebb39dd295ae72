// npm run bench: our chain against codex-sdk on a fake codex; turns of the real codex through the
// plugin against the bare binary, and with tools against without; the app-server against its peers;
// the relay against Node; mutations of a big rollout against cp. Only npm leaves the machine, to
// install the peers once; codex has a model on loopback and no login.
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleChain } from './bench/chain.mjs';
import { fail, leave, started } from './bench/children.mjs';
import { wantedSdk } from './bench/codex-sdk.mjs';
import { compare } from './bench/compare.mjs';
import { installed } from './bench/install.mjs';
import { readOptions } from './bench/options.mjs';
import { OWN } from './bench/own-tables.mjs';
import { printResults } from './bench/report.mjs';
import { rowsOf } from './bench/rows.mjs';

/** @typedef {import('./bench/table.mjs').Line} Line */
/** @typedef {import('./bench/own-tables.mjs').OwnRow} OwnRow */
/** @typedef {import('./bench/own-tables.mjs').Table} Table */

const root = fileURLToPath(new URL('..', import.meta.url));

/** Measures and prints. @returns {Promise<number>} the exit code */
const bench = async () => {
  const { quick, profile, rounds, roundsOf, isWanted } = readOptions();
  const rows = rowsOf(quick).filter(({ name }) => isWanted(name));
  const sdk = path.join(root, '.cache/bench-peers');
  const temporary = await mkdtemp(path.join(tmpdir(), 'plexum-bench-'));
  process.on('exit', () => {
    rmSync(temporary, { recursive: true, force: true });
  });
  const bundle = path.join(temporary, 'chain', 'load-chain.cjs');
  await bundleChain(root, bundle);

  /** @type {string[]} */ const notes = [];
  /** @type {Line[]} */ const throughput = [];
  const absent = rows.length === 0 ? '' : await installed(wantedSdk(sdk), started);
  if (absent !== '') notes.push(absent);
  for (const row of rows) {
    process.stderr.write(`${row.name} ...\n`);
    throughput.push(
      ...(await compare(row, {
        bundle,
        sdk,
        withPeer: absent === '',
        rounds,
        temporary,
        profiles: profile,
      })),
    );
  }

  const built = await changed(path.join(root, 'dist/main.cjs'));
  const wanted = OWN.filter(({ name }) => isWanted(name));
  const needBuilt = wanted.filter(({ needsBuild }) => needsBuild);
  if (needBuilt.length > 0 && built === undefined)
    notes.push(`To measure ${quoted(needBuilt)}, build the plugin: npm run build`);
  /** @type {[OwnRow, Table][]} */ const tables = [];
  for (const row of wanted) {
    if (built === undefined && row.needsBuild) continue;
    process.stderr.write(`${row.name} ...\n`);
    const own = await row.measure({
      root,
      bundle,
      sdk,
      temporary,
      rounds: roundsOf(row),
      quick,
    });
    notes.push(...(own.notes ?? []));
    tables.push([row, own]);
  }

  const throughDist = tables.map(([row]) => row).filter(({ needsBuild }) => needsBuild);
  if (throughDist.length > 0 && (built ?? 0) < (await newest(path.join(root, 'src'))))
    notes.push(
      `dist/ is older than src/, so ${quoted(throughDist)} measured an old plugin: npm run build`,
    );
  printResults({ quick, rounds, roundsOf, rows, throughput, tables, notes });
  return notes.length === 0 ? 0 : 1;
};

const quoted = (/** @type {readonly OwnRow[]} */ rows) =>
  `${rows.length === 1 ? 'the row' : 'the rows'} ${rows.map(({ name }) => `"${name}"`).join(', ')}`;

/** When a file changed, in ms; `undefined` when it is missing. @param {string} file */
const changed = (file) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

/** @param {string} dir */
const newest = async (dir) => {
  const files = await readdir(dir, { recursive: true });
  const times = await Promise.all(files.map((file) => changed(path.join(dir, file))));
  return Math.max(...times.map((time) => time ?? 0));
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void leave(130));
await bench().then(leave, fail);
