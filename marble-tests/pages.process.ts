import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyBuilt } from '../scripts/lib/copy-built.mjs';
import { outputsSince, userTexts } from '../scripts/lib/model-server.mjs';
import { type Lab, openLab, type Reply, realCodex } from './support/lab.js';
import { blocks, commandsOf, type Page, pages, tableRows } from './support/pages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pageOf = (file: string): Page =>
  pages.find((page) => page.file === file) ?? { file, text: '' };
const readme = pageOf('README.md');
const ALIAS = commandsOf(readme).find((command) => command.startsWith('alias ')) ?? '';

/** How a command is run: as it stands, but for what `instead` changes. */
interface Row {
  /**
   * Makes it shorter, by flags of its own, or puts a path of this test where the reader has one.
   */
  readonly instead?: (command: string) => string;
  readonly stdin?: string;
  /** What stdout has to be like. */
  readonly says: RegExp;
  /** A file that it writes, from its folder, and what that has to be like. */
  readonly writes?: readonly [string, RegExp];
  /** Where it is run, below the lab; the checkout otherwise. */
  readonly within?: string;
  /** The commands whose work it needs; the installation, for one of the installed plugin. */
  readonly after?: readonly string[];
}

/** Builds, too. */
const INSTALL = './scripts/install.sh --allow';
const BUILT = { after: [INSTALL] };
const LIBRARY = 'npm install --install-links /path/to/checkout rxjs@7.8.2';

const plus = (more: string) => (command: string) => `${command} ${more}`;
/** The steps of a dry run of the tests; each program of them has to be there. */
const STEPS = /^types: node_modules\/\.bin\/tsc\n[^]*^tests: node_modules\/\.bin\/vitest run /m;

const SCHEMA =
  '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"],"additionalProperties":false}';

/** Every command of every page, in their order. */
const rows: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  'README.md': {
    './scripts/demo.sh': {
      says: /^turn 3 [^]*tool\/execute[^]*"The daemon's tool says: #008080\."/m,
    },
    // The tests themselves, from a clean install: that is what CI runs.
    'npm ci && npm run test:matrix': {
      instead: () => 'npm ci --dry-run && npm run test:matrix -- --dry-run',
      says: STEPS,
    },
    './scripts/install.sh --allow --dry-run': {
      after: ['./scripts/demo.sh'],
      says: /would write +plexum-openai-provider-plugin/,
    },
    [INSTALL]: {
      says: /wrote +plexum-openai-provider-plugin\n[^]*wrote +manifest\.json/,
      writes: ['../home/.plexum/plexum.json', /"allow":\s*\[\s*"plexum-openai-provider"\s*\]/],
    },
    [ALIAS]: {
      ...BUILT,
      instead: () => 'plexum-codex --version',
      says: /^\d+\.\d+\.\d+\n$/,
    },
    'plexum-codex doctor': {
      says: /^✓ codex: [^]*^✓ allow list: [^]*^✓ manifest: [^]*\d+ green, \d+ yellow, 0 red\n$/m,
    },
    'plexum-codex say "What does this project do?"': {
      says: /^you said What does this project do\?\n$/,
    },
    'git diff | plexum-codex say --new - > review.md': {
      ...BUILT,
      says: /^$/,
      writes: ['review.md', /^you said diff --git [^]*\+a change/],
    },
    'plexum-codex say --record turn.jsonl "hello"': {
      says: /^you said hello\n$/,
      writes: ['turn.jsonl', /^\{.*"turn".*\n[^]*message_end/],
    },
    'plexum-codex timeline turn.jsonl': {
      after: ['plexum-codex say --record turn.jsonl "hello"'],
      says: /^turn: completed[^]*^codex +-+T/m,
    },
    'plexum-codex timeline turn.jsonl --svg turn.svg': {
      after: ['plexum-codex say --record turn.jsonl "hello"'],
      says: /^turn\.svg: 1 turn\n$/,
      writes: ['turn.svg', /^<svg [^]*<\/svg>\n$/],
    },
    'plexum-codex repl': {
      stdin: 'await lastValueFrom(of(6).pipe(map((n) => n * 7)))\n',
      says: /^42\n$/,
    },
    'plexum-codex doctor --turn --tools --workspace .': {
      says: /✓ session \/.*\n[^]*✓ turn: [^]*✓ tools: [^]* 0 red\n$/,
    },
  },
  'src/cli/README.md': {
    'plexum-codex say --json "hello"': {
      says: /^\{"type":"message_start"[^]*"you said hello"[^]*"stop_reason":"end_turn"/,
    },
    [`echo '${SCHEMA}' > n.json`]: { says: /^$/, writes: ['n.json', /^\{"type":"object"/] },
    'plexum-codex say --schema n.json "how many files are here?"': {
      after: [INSTALL, `echo '${SCHEMA}' > n.json`],
      says: /^\{"n":3\}\n$/,
    },
    'plexum-codex say --record first.jsonl --new "hello"': { says: /^you said hello\n$/ },
    'plexum-codex say --record second.jsonl --new "hello again"': {
      says: /^you said hello again\n$/,
    },
    'plexum-codex timeline first.jsonl second.jsonl --svg both.svg': {
      after: [
        'plexum-codex say --record first.jsonl --new "hello"',
        'plexum-codex say --record second.jsonl --new "hello again"',
      ],
      says: /^both\.svg: 2 turns\n$/,
      writes: ['both.svg', /^<svg [^]*<\/svg>\n$/],
    },
  },
  'src/library/README.md': {
    [LIBRARY]: {
      ...BUILT,
      // A link, and rxjs from the checkout, so that no registry is needed.
      instead: () => 'npm install ../checkout ../checkout/node_modules/rxjs',
      says: /^added 2 packages/m,
      writes: ['package.json', /"plexum-openai-provider": ?"file:/],
      within: 'project',
    },
  },
  'marble-tests/README.md': {
    'npx vitest run --config scripts/vitest.config.ts --project marbles marble-tests/examples': {
      says: /Tests .*passed/,
    },
  },
  'marble-tests/fixtures/README.md': {
    'dist/plexum-openai-provider-plugin timeline marble-tests/fixtures/records/turn.jsonl --svg marble-tests/fixtures/records/turn.svg':
      {
        ...BUILT,
        says: /turn\.svg: 1 turn\n$/,
        writes: ['marble-tests/fixtures/records/turn.svg', /^<svg [^]*<\/svg>\n$/],
      },
  },
  'scripts/README.md': {
    'npx vitest --config scripts/vitest.config.ts --project marbles': {
      instead: plus('--run marble-tests/canonical'),
      says: /Tests .*passed/,
    },
    'npm test': { instead: plus('-- --dry-run'), says: STEPS },
    // A row that needs no peer from the registry.
    'npm run bench': {
      ...BUILT,
      instead: plus('-- --rounds 1 --only relay'),
      says: /^relay +first byte, ms .* < 1\.15 /m,
    },
    'npm run fuzz': {
      instead: plus('-- --runs 20 --seed 1 --only lines'),
      says: /^every property held \(seed 1\)$/m,
    },
    'npm run chaos': {
      ...BUILT,
      instead: plus('-- --seconds 1 --seed 1'),
      says: /^seed 1\n[^]*^[1-9]\d* turns, \d+ faults, 0 violations$/m,
    },
    'npm run soak': {
      ...BUILT,
      instead: plus('-- --turns 40'),
      says: /^40 turns in \d+ s: nothing left;/m,
    },
    'npm run kill-matrix': {
      ...BUILT,
      instead: plus("-- --only 'shell tree'"),
      says: /^ours: \d+ cells, 0 with survivors/m,
    },
  },
};

/** Says what it was asked, and calls the tools that it is asked to call. */
const reply: Reply = (request) => {
  const [output] = outputsSince(request);
  const asked = userTexts(request).at(-1) ?? '';
  if (output !== undefined) return [{ text: output }];
  if (asked.startsWith('how many')) return [{ text: '{"n":3}' }];
  return asked.includes('doctor_probe')
    ? [{ call: { namespace: 'mcp__plexum_host_doctor', name: 'doctor_probe', arguments: {} } }]
    : [{ text: `you said ${asked}` }];
};

let lab: Lab;
/**
 * Of a person: codex on PATH, logged in to the embedded model, no variable of Plexum, and a profile
 * at its usual place.
 */
let env: Record<string, string>;

/** Runs a command line in a shell that knows the alias. */
const sh = (command: string, cwd: string, input = '') =>
  execa('sh', ['-c', `${ALIAS}\n${command}`], {
    cwd,
    env,
    input,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
  });

type Result = Awaited<ReturnType<typeof sh>>;

const all = new Map<string, Row>(Object.values(rows).flatMap((each) => Object.entries(each)));
const results = new Map<string, Promise<Result>>();

/** Runs a command of the table once, after those that it needs: so each can be run alone. */
const resultOf = (command: string): Promise<Result> => {
  const known = results.get(command);
  if (known !== undefined) return known;
  const {
    instead = (same: string) => same,
    stdin,
    within = 'checkout',
    after,
  } = all.get(command) ?? {};
  const needs = after ?? (command.startsWith('plexum-codex') ? [INSTALL] : []);
  const result = needs
    .reduce<Promise<unknown>>(
      (before, each) => before.then(() => resultOf(each)),
      Promise.resolve(),
    )
    .then(() => sh(instead(command), lab.at(within), stdin));
  results.set(command, result);
  return result;
};

/**
 * A checkout without dist and lib, committed, with one change; the installed packages are those of
 * this one.
 */
const makeCheckout = async (checkout: string): Promise<void> => {
  const left = new Set(['.git', '.cache', 'node_modules', 'dist', 'lib']);
  mkdirSync(checkout);
  for (const name of readdirSync(root).filter((each) => !left.has(each)))
    copyBuilt(path.join(root, name), path.join(checkout, name));
  symlinkSync(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
  // Older than the installed packages, so that nothing is installed into them.
  utimesSync(path.join(checkout, 'package-lock.json'), 0, 0);
  writeFileSync(path.join(checkout, 'notes.txt'), 'a note\n');
  await sh(
    'git init -q && git add . && git -c user.name=a -c user.email=a@localhost commit -qm all',
    checkout,
  );
  appendFileSync(path.join(checkout, 'notes.txt'), 'a change\n');
};

beforeAll(async () => {
  lab = await openLab(reply);
  const plain = Object.fromEntries(
    Object.entries(lab.env).filter(([name]) => name !== 'PLEXUM_PROFILE_ROOT'),
  );
  mkdirSync(lab.at('bin'));
  mkdirSync(lab.at('project'));
  symlinkSync(realCodex, lab.at('bin/codex'));
  writeFileSync(lab.at('project/package.json'), '{"type": "module"}');
  const npm = {
    npm_config_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  env = { ...plain, ...npm, PATH: `${lab.at('bin')}:${lab.env['PATH'] ?? ''}` };
  await makeCheckout(lab.at('checkout'));
});
afterAll(() => lab[Symbol.asyncDispose]());

describe('the commands of the pages', () => {
  it('are those of the table, in this order', () => {
    const found = pages
      .map((page) => [page.file, commandsOf(page)] as const)
      .filter(([, commands]) => commands.length > 0);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(rows).map(([file, each]) => [file, Object.keys(each)])),
    );
  });

  it.each(
    Object.entries(rows).flatMap(([file, each]) =>
      Object.entries(each).map(([command, row]) => [file, command, row] as const),
    ),
  )('%s: %s', async (_file, command, { says, writes, within = 'checkout' }) => {
    const { stdout, stderr, exitCode } = await resultOf(command);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr, stdout }).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(says),
    });
    if (writes !== undefined)
      expect(readFileSync(lab.at(within, writes[0]), 'utf8')).toMatch(writes[1]);
    const programs = says === STEPS ? stdout.match(/(?<=^[\w ]+: )\S+/gm) : [];
    expect(
      programs?.filter((program) => !existsSync(path.resolve(lab.at(within), program))),
    ).toEqual([]);
  });

  it('for the tests are what CI runs', () => {
    const ci = readFileSync(path.join(root, '.ci/run'), 'utf8');
    expect(ci).toMatch(/^npm ci .*\nnpm run test:matrix$/m);
  });
});

describe('the code of the README', () => {
  it('runs in a project that has installed the library', async () => {
    await resultOf(LIBRARY);
    const [block = ''] = blocks(readme, 'ts');
    const { outputText } = ts.transpileModule(block.replace('/srv/agents/ada', lab.workspace), {
      compilerOptions: { target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(lab.at('project/first.js'), outputText);
    const { stdout, stderr } = await sh('node first.js', lab.at('project'));
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /'message_start'[^]*you said What changed here\?[^]*stop_reason: 'end_turn'/,
    );
  });

  it('is short: 120 lines and 1,200 words at most', () => {
    expect(readme.text.split('\n').length).toBeLessThanOrEqual(121);
    expect(readme.text.split(/\s+/).length).toBeLessThanOrEqual(1200);
  });
});

/** The anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

const isBroken = (from: Page, target: string): boolean => {
  const [name = '', anchor] = target.split('#');
  const file = name === '' ? from.file : path.join(path.dirname(from.file), name);
  if (!existsSync(path.join(root, file))) return true;
  return anchor !== undefined && !anchorsOf(pageOf(file)).includes(anchor);
};

describe('the pages', () => {
  it.each(pages.map((page) => [page.file, page] as const))('%s links to what exists', (_, page) => {
    const targets = [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const local = targets.filter((target) => !/^https?:/.test(target));
    expect(local.filter((target) => isBroken(page, target))).toEqual([]);
    const paths = [...page.text.matchAll(/`((?:src|marble-tests|scripts)\/[\w./-]*)`/g)].map(
      ([, name = '']) => name,
    );
    expect(paths.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it('say of every check of doctor what to do, in words that it uses', async () => {
    await resultOf(INSTALL);
    const wire = [{ what: 'request', method: 'plexum/other', keys: 'nothing', count: 1 }];
    writeFileSync(
      lab.at('home/.plexum/plugins/plexum-openai-provider/drift.json'),
      JSON.stringify({ kinds: [], wire }),
    );
    const { stdout } = await sh(
      'plexum-codex doctor --turn --tools --workspace . --json',
      lab.at('checkout'),
    );
    const titles: string[] = JSON.parse(stdout).checks.map(({ title }: { title: string }) =>
      title.replace(/^session .*/, 'session W'),
    );
    const troubles = tableRows(pageOf('src/cli/README.md'), '| check | when it says | do |');
    expect(
      troubles.flatMap(([check = '']) => check.split(', ').filter((name) => name !== '')),
    ).toEqual(titles);

    const sources = readdirSync(path.join(root, 'src'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((name) => name.endsWith('.ts'));
    const source = sources
      .map((name) => readFileSync(path.join(root, 'src', name), 'utf8'))
      .join('\n');
    const words = troubles.flatMap(([, says = '']) =>
      says.endsWith(':') ? [] : says.split(/[;…,]|`/).map((part) => part.trim()),
    );
    expect(words.length).toBeGreaterThan(30);
    expect(words.filter((part) => part !== 'EACCES' && !source.includes(part))).toEqual([]);
  });
});
