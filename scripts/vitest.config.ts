import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { NEWEST, OLDEST, TESTED } from '../src/codex/versions.js';
import { codexOf } from './lib/codexes.mjs';

/** The examples import the package by its name; its entries are in src before they are built. */
const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));
const alias = [
  { find: /^plexum-openai-provider$/, replacement: source('index.ts') },
  { find: /^plexum-openai-provider\/testing$/, replacement: source('testing.ts') },
];

const files = (
  name: string,
  include: string[],
  testTimeout: number,
  env: Record<string, string> = {},
) => ({
  test: {
    name,
    root: '.',
    include,
    testTimeout,
    hookTimeout: testTimeout,
    // Without it a poll fails after a second, which a busy machine may need. It ends before its
    // test does, which would not say what was missing.
    expect: { poll: { timeout: testTimeout / 2 } },
    env,
    globals: false,
  },
  resolve: { alias },
});

/**
 * Milliseconds after which a test of real processes hangs. Far more than it needs: on a busy
 * machine it takes many times as long as alone.
 */
const PROCESS_MS = 300_000;

/** The files that expect the same of both transports. */
const BOTH = [
  'bridge',
  'deadlines',
  'history',
  'leftovers',
  'memory',
  'mutate',
  'rollout',
  'trust',
  'turn',
];
const TRANSPORTS = ['app-server', ...BOTH];
/** What differs from version to version. */
const CORE = ['history', 'memory', 'mutate', 'rollout', 'trust', 'turn'];

/** The real codex of a version, with its turns by one of the transports. */
const onCodex = (name: string, wire: readonly string[], version: string, transport: string) =>
  files(
    name,
    wire.map((file) => `marble-tests/wire/${file}.process.ts`),
    PROCESS_MS,
    { CODEX_UNDER_TEST: version, TRANSPORT_UNDER_TEST: transport },
  );

/**
 * What `npm run test:matrix` runs on the versions that it has installed: on the oldest all that the
 * transports do, on those between what differs from version to version, by turns over one transport
 * and the other.
 */
const matrix = TESTED.flatMap(({ version }, nth) => {
  if (version === NEWEST || !existsSync(codexOf(version))) return [];
  const name = `codex ${version}`;
  if (version === OLDEST)
    return [
      onCodex(name, TRANSPORTS, version, 'exec'),
      // It keeps a thread whose turn has failed.
      onCodex(`${name} app-server`, ['history'], version, 'app-server'),
    ];
  return [onCodex(name, CORE, version, nth % 2 === 1 ? 'exec' : 'app-server')];
});

/** What `npm run codex:try` runs on a version that nobody has tested. */
const tried = process.env['CODEX_TRY'];

export default defineConfig({
  test: {
    // Most tests wait for a process of theirs, which takes about half of a core: one file more than
    // there are cores.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Virtual time and pure functions.
      files('marbles', ['marble-tests/**/*.marbles.ts', 'marble-tests/**/*.test.ts'], 60_000),
      // The types of the exports.
      {
        test: {
          name: 'types',
          root: '.',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['marble-tests/types/*.test-d.ts'],
            tsconfig: './scripts/types.json',
            spawnTimeout: 60_000,
          },
        },
      },
      // Real subprocesses: fake codexes, the built executable, the real codex on a model on
      // loopback.
      files('process', ['marble-tests/**/*.process.ts'], PROCESS_MS),
      // The real codex again, with its turns on an app-server.
      onCodex('app-server', BOTH, NEWEST, 'app-server'),
      ...matrix,
      ...(tried === undefined
        ? []
        : [
            onCodex('try exec', TRANSPORTS, tried, 'exec'),
            onCodex('try app-server', BOTH, tried, 'app-server'),
          ]),
    ],
    snapshotFormat: { printBasicPrototype: false },
  },
});
