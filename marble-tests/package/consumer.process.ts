import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import about from '../../package.json' with { type: 'json' };
import { fakeCodex } from '../support/lab.js';
import { blocks, pages } from '../support/pages.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'plexum-consumer-'));
const at = (...names: string[]): string => path.join(dir, ...names);
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: dir,
  npm_config_cache: at('npm'),
  npm_config_update_notifier: 'false',
};

/** What a user writes; the lines with `@ts-expect-error` have to be wrong. */
const TYPES = `
import { type Observable, lastValueFrom, NEVER, of, map } from 'rxjs';
import { turn$, codex$, events$, runTurn, mutateSession, nodePorts, spawnCodex, codexSignals, toCanonical, oneTerminal, splitLines, parseJson, decodeEvent,
  turnRecords, readRollout, loadConfig, defaultConfig, configFile, localHost, drawMarbles, isTerminal, type TurnEvent, type Usage, type CodexSignal,
  type ProcessSignal, type Ports, type TurnOptions, type Drawing } from 'plexum-openai-provider';
import { marbles, turnEvents, codexOutput, fakePorts, exampleTurn, quietRun, type Marbles } from 'plexum-openai-provider/marbles';

export const options: TurnOptions = { workspace: '/w', tools: [{ name: 'add', run: ({ a }) => of(a) }], config: { binary: '/bin/codex' }, model: undefined };
export const turn: Observable<TurnEvent> = turn$('hello', options);
export const raw: Observable<ProcessSignal> = codex$('hello');
export const events: Observable<CodexSignal> = events$('hello');
export const byHand: Observable<TurnEvent> = raw.pipe(codexSignals(), toCanonical({ threadId: '' }));
export const decoded = of(new Uint8Array()).pipe(splitLines(), parseJson(), decodeEvent());
export const texts: Observable<string> = turn.pipe(map((event) => (event.type === 'text_delta' ? event.text : '')));
export const ports: Ports = nodePorts({ config: defaultConfig, env: {}, log: () => undefined, ready$: of(true) });
export const ran: Observable<TurnEvent> = runTurn(exampleTurn, NEVER, fakePorts({ codex$: () => of(codexOutput.x) }).ports);
export const spawned: Observable<ProcessSignal> = spawnCodex(quietRun, NEVER);
export const drawing: Promise<{ piece: string } | Drawing> = lastValueFrom(drawMarbles(turn));
export const usage = async (): Promise<Usage | undefined> => {
  const last = await lastValueFrom(turn);
  return isTerminal(last) ? last.usage : undefined;
};
export const test: () => void = marbles(({ cold, expectObservable }: Marbles) => expectObservable(cold('M|', turnEvents)).toBe('M|', turnEvents));
export const start: 'message_start' = turnEvents.M.type;
export const rest = [mutateSession, oneTerminal, turnRecords, readRollout, loadConfig(configFile({})), localHost().turn$('hi')];

// @ts-expect-error -- a workspace is a path
turn$('hello', { workspace: 7 });
// @ts-expect-error -- there is no such option
turn$('hello', { workspce: '/w' });
// @ts-expect-error -- a process signal is no codex signal
export const wrong: Observable<CodexSignal> = raw;
`;

const RUN = `
import { Observable, lastValueFrom, toArray } from 'rxjs';
import { turn$ } from 'plexum-openai-provider';
const source$ = turn$('[{"out": [{"type": "turn.completed"}]}]', { workspace: '.', config: { binary: process.argv[2] } });
const events = await lastValueFrom(source$.pipe(toArray()));
console.log(JSON.stringify([source$ instanceof Observable, events.map(({ type }) => type)]));
`;

const TEST = `
import { test } from 'node:test';
import { NEVER } from 'rxjs';
import { runTurn } from 'plexum-openai-provider';
import { codexOutput, exampleTurn, fakePorts, marbles, turnEvents } from 'plexum-openai-provider/marbles';
test('of the doc comment', marbles(({ cold, expectObservable }) => {
  const { ports } = fakePorts({ codex$: () => cold('--T-S--a--C(x|)', codexOutput) });
  expectObservable(runTurn(exampleTurn, NEVER, ports)).toBe('M------t---(E|)', turnEvents);
}));
test('holds', marbles(({ cold, expectObservable }) => expectObservable(cold('M-E|', turnEvents)).toBe('M-E|', turnEvents)));
test('differs', marbles(({ cold, expectObservable }) => expectObservable(cold('M-E|', turnEvents)).toBe('M--E|', turnEvents)));
`;

/** The package as npm would install it, in the project of a user. */
beforeAll(async () => {
  mkdirSync(at('node_modules', about.name), { recursive: true });
  const { stdout } = await execa(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', dir],
    { cwd: root, env, extendEnv: false },
  );
  const [{ filename }] = JSON.parse(stdout);
  await execa('tar', [
    '-xzf',
    at(filename),
    '-C',
    at('node_modules', about.name),
    '--strip-components=1',
  ]);
  for (const name of [...Object.keys(about.dependencies), '@types/node']) {
    mkdirSync(path.dirname(at('node_modules', name)), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), at('node_modules', name));
  }
  writeFileSync(at('package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(at('types.ts'), TYPES);
  writeFileSync(at('readme.ts'), pages.slice(0, 1).flatMap((page) => blocks(page, 'ts'))[0] ?? '');
  writeFileSync(at('run.js'), RUN);
  writeFileSync(at('marbles.test.js'), TEST);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The values that an entry exports, and whether each has a doc comment. */
const valuesOf = (entry: string): [string, boolean][] => {
  const file = at('node_modules', about.name, 'lib', `${entry}.d.ts`);
  const nodeNext = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const program = ts.createProgram([file], { ...nodeNext, types: [], noLib: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  return (module === undefined ? [] : checker.getExportsOfModule(module)).flatMap(
    (name): [string, boolean][] => {
      const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      return symbol.flags & ts.SymbolFlags.Value
        ? [[name.name, symbol.getDocumentationComment(checker).length > 0]]
        : [];
    },
  );
};

describe('the package, installed', () => {
  it('exports these names, each with a doc comment', () => {
    const names = {
      index: [
        ...[
          'BinaryError',
          'ConfigError',
          'QueueFullError',
          'RefusedError',
          'SpawnError',
          'WorkspaceError',
        ],
        ...[
          'codex$',
          'codexSignals',
          'configFile',
          'createWorkspaceQueue',
          'decodeEvent',
          'defaultConfig',
          'drawMarbles',
          'events$',
          'isTerminal',
        ],
        ...[
          'loadConfig',
          'localHost',
          'mutateSession',
          'noUsage',
          'nodePorts',
          'oneTerminal',
          'parseConfig',
          'parseJson',
          'pluginDir',
        ],
        ...[
          'profileRoot',
          'readRollout',
          'runTurn',
          'spawnCodex',
          'splitLines',
          'toCanonical',
          'turn$',
          'turnRecords',
        ],
      ],
      testing: [
        'THREAD',
        'codexOutput',
        'exampleTurn',
        'fakePorts',
        'marbles',
        'quietRun',
        'turnEvents',
      ],
    };
    for (const [entry, expected] of Object.entries(names)) {
      const values = valuesOf(entry);
      expect(values.map(([name]) => name).toSorted()).toEqual(expected.toSorted());
      expect(values.filter(([, documented]) => !documented)).toEqual([]);
    }
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('compiles for --module %s --moduleResolution %s', async (module, resolution) => {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2023',
      '--types',
      'node',
    ];
    const { stdout, exitCode } = await execa(
      process.execPath,
      [
        tsc,
        ...flags,
        '--module',
        module,
        '--moduleResolution',
        resolution,
        'types.ts',
        'readme.ts',
      ],
      {
        cwd: dir,
        reject: false,
      },
    );
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  });

  it('runs a turn with the rxjs of the user', async () => {
    const { stdout, stderr } = await execa(process.execPath, ['run.js', fakeCodex], {
      cwd: dir,
      env,
      extendEnv: false,
    });

    expect(JSON.parse(stdout)).toEqual([true, ['message_start', 'message_end']]);
    expect(stderr).toBe('');
  });

  it('runs marble tests in node:test, and draws both timelines of a failure', async () => {
    const { stdout, exitCode } = await execa(
      process.execPath,
      ['--test', '--test-reporter=tap', 'marbles.test.js'],
      {
        cwd: dir,
        env,
        extendEnv: false,
        reject: false,
      },
    );

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^ *ok 1 - of the doc comment$[^]*^ *ok 2 - holds$/m);
    expect(stdout).toMatch(/^ *not ok 3 - differs$[^]*expected {2}a--b\|\n *actual {4}a-b\|/m);
  });

  it('exports only its entries, and runs its executable', async () => {
    const inside = (name: string) =>
      execa(
        process.execPath,
        ['--input-type=module', '-e', `await import(${JSON.stringify(name)})`],
        { cwd: dir, reject: false },
      );
    expect((await inside(`${about.name}/lib/server.js`)).stderr).toContain(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
    expect((await inside(`${about.name}/marbles`)).stderr).toBe('');

    const { stdout } = await execa(
      at('node_modules', about.name, 'dist', 'plexum-openai-provider-plugin'),
      ['--version'],
      { env, extendEnv: false },
    );
    expect(stdout).toBe(about.version);
  });
});
