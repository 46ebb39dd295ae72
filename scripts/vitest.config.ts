import { defineConfig } from 'vitest/config';

const files = (name: string, include: string[], testTimeout: number) => ({
  test: { name, root: '.', include, testTimeout, hookTimeout: testTimeout, globals: false },
});

export default defineConfig({
  test: {
    projects: [
      // Virtual time and pure functions.
      files('marbles', ['marble-tests/**/*.marbles.ts', 'marble-tests/**/*.test.ts'], 20_000),
      // Real subprocesses: fake codexes, the built executable, the real codex on a model on loopback.
      files('process', ['marble-tests/**/*.process.ts'], 60_000),
    ],
    snapshotFormat: { printBasicPrototype: false },
  },
});
