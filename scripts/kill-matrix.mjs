// npm run kill-matrix: which processes are alive after the end of a turn, by the cause of the end,
// the version of codex and the kind of process; the plugin beside signals to the bare codex. Runs
// on loopback, and kills every survivor.
import { rmSync } from 'node:fs';
import { BARE, bareCell } from './kill-matrix/bare-cell.mjs';
import { director, KINDS } from './kill-matrix/descendants.mjs';
import { OURS, ourCell } from './kill-matrix/our-cell.mjs';
import { judge, tableOf } from './kill-matrix/report.mjs';
import { oneOf, readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { clearOnSignal, nativeCodex, openBase } from './lib/lab.mjs';
import { startModelServer } from './lib/model-server.mjs';
import { endAll, processesOrWith } from './lib/processes.mjs';
import { NEWEST, OTHER_VERSIONS } from './lib/versions.mjs';

/** @typedef {import('./kill-matrix/cell-lab.mjs').Outcome} Outcome */

const kinds = KINDS.map(({ name }) => name);
const ACTIONS = [...OURS, ...BARE];
const VERSIONS = [NEWEST, ...OTHER_VERSIONS];
const USAGE = `npm run kill-matrix -- [--only KIND] [--action CAUSE] [--version VERSION] [--jobs N] [--transport exec|app-server] [--ps]

  --only       ${kinds.join(' | ')}
  --action     ${ACTIONS.join(' | ')}
  --version    ${VERSIONS.join(' | ')}
  --jobs       how many cells at once (default: 2)
  --transport  how the plugin runs codex (default: exec)
  --ps         finds processes as on macOS: by ps, and without setpriv
`;

const given = readCommandLine(USAGE, {
  options: {
    version: { type: 'string' },
    ps: { type: 'boolean', default: false },
    only: { type: 'string' },
    action: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    transport: { type: 'string', default: 'exec' },
  },
}).values;
const { ps } = given;
const jobs = wholeNumber('--jobs', given.jobs);
const transport = oneOf('--transport', given.transport, ['exec', 'app-server']);
const isServed = transport === 'app-server';
const only = given.only && oneOf('--only', given.only, kinds);
const onlyAction = given.action && oneOf('--action', given.action, ACTIONS);
const onlyVersion = given.version && oneOf('--version', given.version, VERSIONS);
/** As on macOS: no setpriv, and processes are found by ps. */
const AS_ON_MACOS = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process, 'platform', { value: 'darwin' })")}`;
/** @type {Record<string, string>} */
const env = ps ? { NODE_OPTIONS: `--import=${AS_ON_MACOS}` } : {};
const base = openBase('matrix');
const { reply, endedAt, whenUp } = director();
const model = await startModelServer({ reply });

// Ten digits that no other command has in its arguments.
let nextMark = 7_000_000_000 + (process.pid % 100_000) * 1_000;
/** @type {string[]} */ const marks = [];
clearOnSignal(() => [
  { clear: () => endAll(() => processesOrWith(base.dir, [base.dir, ...marks])) },
]);

const wanted = VERSIONS.filter((version) => onlyVersion === undefined || version === onlyVersion);
const versions = wanted.flatMap((version) => {
  const native = nativeCodex(version);
  if (native === undefined)
    process.stdout.write(`codex ${version} is not installed: npm run test:matrix installs it\n`);
  return native === undefined ? [] : [{ version, native }];
});
const actions = [
  ...OURS.map((action) => /** @type {const} */ ({ side: 'ours', action })),
  ...(isServed || ps ? [] : BARE).map((action) => /** @type {const} */ ({ side: 'bare', action })),
].filter(({ action }) => onlyAction === undefined || action === onlyAction);
const cells = versions.flatMap(({ version, native }) =>
  actions.flatMap((one) =>
    KINDS.filter(({ name }) => only === undefined || name === only).map((kind) => ({
      version,
      native,
      ...one,
      kind,
    })),
  ),
);

/** @type {Map<(typeof cells)[number], Outcome>} */
const outcomes = new Map();
const waiting = [...cells];
const work = async () => {
  for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
    const { version, native, kind } = cell;
    const mark = String(nextMark++);
    marks.push(mark);
    const about = {
      base,
      version,
      native,
      configToml: model.configToml,
      kind,
      mark,
      transport,
      env,
      endedAt,
      whenUp,
    };
    outcomes.set(
      cell,
      cell.side === 'ours' ? await ourCell(about, cell.action) : await bareCell(about, cell.action),
    );
    if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.size} of ${cells.length} `);
  }
};
await Promise.all(Array.from({ length: jobs }, work));
await model.close();

process.stdout.write(
  'Survivors of a turn, and the time from the cause of its end to the terminal event, without waits for a core (bare codex: to its exit).\n',
);
process.stdout.write(
  'Ours are counted at the terminal event, those of the bare codex 300 ms after its exit. SIGKILL, next start: survivors of those that the\n',
);
process.stdout.write(
  'killed plugin left, and the time from the start of the next plugin until they were gone.\n',
);
if (isServed)
  process.stdout.write(
    'On one app-server: it, and the MCP servers of a thread, are counted when the plugin is gone and when the thread is let go; after "turn done" and\n"cancelled" another turn has to go on and to end well.\n',
  );
if (ps) process.stdout.write('Processes are found by ps, and setpriv is not used, as on macOS.\n');
for (const { version } of versions) {
  const ofVersion = cells.filter((cell) => cell.version === version);
  process.stdout.write(`\n${tableOf(version, ofVersion, outcomes)}\n`);
}

const { lines, isGood } = judge(cells, outcomes, ps);
process.stdout.write(`\n${lines.join('\n')}\n`);
rmSync(base.dir, { recursive: true, force: true });
process.exit(isGood ? 0 : 1);
