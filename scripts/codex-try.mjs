// npm run codex:try [VERSION]: what another codex would change. Installs it into the cache, runs
// the tests of the wire on it over both transports, records it in the fixture situations beside a
// tested version, and prints a report. Exit code 1 when something is lost: a test fails, a turn
// has less, codex says what the plugin does not know, or no longer what it reads. On loopback
// only, except npm.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { misused, readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { nativeCodex } from './lib/lab.mjs';
import { installCodex } from './lib/npm-install.mjs';
import { isOlder, NEWEST, TESTED } from './lib/versions.mjs';

const USAGE = `npm run codex:try -- [VERSION] [--against VERSION] [--no-tests] [--write-protocol] [--rounds N]

  VERSION           of codex (default: the newest on npm)
  --against         the version to compare with (default: the tested one below it)
  --no-tests        leaves out the tests of the wire
  --write-protocol  keeps what the app-server's protocol is
  --rounds          how often the costs are measured (default: 10)
`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    'no-tests': { type: 'boolean', default: false },
    'write-protocol': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '10' },
  },
});
const rounds = wholeNumber('--rounds', values.rounds);
const strange = [...positionals, values.against ?? NEWEST].find(
  (one) => !/^\d+\.\d+\.\d+$/.test(one),
);
if (strange !== undefined) misused(`${JSON.stringify(strange)} is no version of codex`);
const root = fileURLToPath(new URL('..', import.meta.url));
const latest = () =>
  execFileSync('npm', ['view', '@openai/codex', 'version'], { encoding: 'utf8' }).trim();
const version = positionals[0] ?? latest();
const below = TESTED.findLast((one) => isOlder(one.version, version))?.version;
const against = values.against ?? below ?? NEWEST;
const pinned = version === NEWEST ? against : NEWEST;

execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
// Its parts read what was built.
const { compareCosts } = await import('./codex-try/cost.mjs');
const { askDigest, digestFile, digestText, knownDigest } = await import('./codex-try/protocol.mjs');
const { recordAll } = await import('./codex-try/record-all.mjs');
const report = await import('./codex-try/report.mjs');
const { sentencesOf } = await import('./codex-try/sentences.mjs');
const { runWireTests } = await import('./codex-try/wire-tests.mjs');

/** @param {string} which */
const fileOf = (which) => {
  const file = installCodex(which) ? nativeCodex(which) : undefined;
  if (file === undefined) throw new Error(`codex ${which} could not be installed`);
  return file;
};
const [file, other] = [fileOf(version), fileOf(against)];
const folder = (/** @type {string} */ which) => path.join(root, '.cache/codex-try', which);
const [now, before] = [
  await recordAll(file, folder(version)),
  await recordAll(other, folder(against)),
];
const protocol = askDigest(file);
if (values['write-protocol']) writeFileSync(digestFile(version), digestText(protocol));
const model = now.find(({ name }) => name === 'default-model')?.recording.model ?? '?';

/** @type {import('./codex-try/report.mjs').Part[]} */
const parts = [
  ...(values['no-tests'] ? [] : [report.testsPart(runWireTests(version))]),
  ...(await report.turnParts(now, before)),
  ...report.shapeParts(now, before),
  ...report.protocolParts(protocol, knownDigest(against) ?? askDigest(other)),
  ...report.sentenceParts(await sentencesOf(file), await sentencesOf(other)),
  report.costPart(await compareCosts(file, fileOf(pinned), rounds), pinned),
  {
    title: 'The row of src/codex/versions.ts',
    lines: [`{ version: '${version}', defaultModel: '${model}' },`],
  },
];
const lost = parts.flatMap((part) => part.lost ?? []);
process.stdout.write(`codex ${version} beside ${against}; recorded in ${folder(version)}\n\n`);
process.stdout.write(`${report.reportText([...parts, { title: 'Lost', lines: lost }])}\n`);
process.exitCode = lost.length === 0 ? 0 : 1;
