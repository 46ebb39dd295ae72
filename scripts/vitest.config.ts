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
  test: { name, root: '.', include, testTimeout, hookTimeout: testTimeout, env, globals: false },
  resolve: { alias },
});

/**
 * Milliseconds after which a test of real processes hangs. Far more than it needs: on a busy
 * machine it takes many times as long as alone.
 */
const PROCESS_MS = 300_000;

/**
 * Of the files with the real codex: all on the oldest version, what the transports do on one in the
 * middle.
 */
const ON_OLDEST = '!(crash|fake-codex|hostile|timeline)';
const BETWEEN = '@(app-server|bridge|deadlines|history|leftovers|mutate|rollout|trust|turn)';
const OTHER_VERSIONS = TESTED.flatMap(({ version }) => (version === NEWEST ? [] : [version]));

export default defineConfig({
  test: {
    // Most tests wait for a process of theirs: two files at once, also where there are but two
    // cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
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
      // The real codex again, with its turns on an app-server, in the files that expect the same of
      // both transports.
      files(
        'app-server',
        ['marble-tests/wire/@(bridge|deadlines|history|leftovers|mutate|rollout|trust|turn).process.ts'],
        PROCESS_MS,
        {
          TRANSPORT_UNDER_TEST: 'app-server',
        },
      ),
      // And in the versions that `npm run test:matrix` installed.
      ...OTHER_VERSIONS.filter((version) => existsSync(codexOf(version))).map((version) =>
        files(
          `codex ${version}`,
          [`marble-tests/wire/${version === OLDEST ? ON_OLDEST : BETWEEN}.process.ts`],
          PROCESS_MS,
          {
            CODEX_UNDER_TEST: version,
          },
        ),
      ),
    ],
    snapshotFormat: { printBasicPrototype: false },
  },
});
