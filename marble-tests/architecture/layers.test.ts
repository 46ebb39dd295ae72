import * as either from 'fp-ts/lib/Either.js';
import * as fpFunction from 'fp-ts/lib/function.js';
import * as rxjs from 'rxjs';
import { describe, expect, it } from 'vitest';
import { filesOf, sources } from './sources.js';

/**
 * The layers of src/README.md, top first: a file imports from its own layer and from those below.
 */
const LAYERS: readonly (readonly string[])[] = [
  [
    'main.ts',
    'about.ts',
    'say.ts',
    'cli.ts',
    'mcp-host.ts',
    'install.ts',
    'index.ts',
    'testing.ts',
  ],
  ['cli'],
  ['library'],
  ['server'],
  ['testing'],
  ['node'],
  ['turn'],
  ['session'],
  ['ports.ts'],
  ['bridge'],
  ['codex'],
  ['process'],
  ['plexum'],
  ['arguments'],
  ['record'],
  ['lines'],
  ['marbles'],
  ['canonical'],
  ['streams'],
  ['text'],
];

/** Layers that lie lower, and are still not to be known. */
const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ['codex', 'plexum'],
  ['process', 'plexum'],
  ['canonical', 'text'],
];

const folderOf = (file: string): string => file.split('/')[0] ?? file;
const rankOf = (file: string): number =>
  LAYERS.findIndex((layer) => layer.includes(folderOf(file)));

/** Paths of imports that lead from a file back to itself, each once. */
const cycles = (): string[] => {
  const importsOf = new Map(sources.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) found.push([...trail.slice(start), file].join(' > '));
    if (start !== -1 || done.has(file)) return;
    for (const next of importsOf.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const { file } of sources) visit(file, []);
  return found;
};

describe('layers of src', () => {
  it('gives every file a layer', () => {
    expect(
      sources.map(({ file }) => file).filter((file) => rankOf(file) === -1),
      'give the folder a place in LAYERS here and a row of the table "Layers" in src/README.md',
    ).toEqual([]);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('lets imports go down only', () => {
    const upwards = sources.flatMap(({ file, imports, loads }) =>
      [...imports, ...loads]
        .filter((to) => rankOf(to) < rankOf(file))
        .map((to) => `${file} > ${to}`),
    );
    expect(
      upwards,
      'move what is imported down into a layer of both (see src/README.md), or take it by a parameter or a port',
    ).toEqual([]);
  });

  it('keeps codex and the host apart, and the canonical types on their own', () => {
    const known = sources.flatMap(({ file, imports, loads }) =>
      [...imports, ...loads]
        .filter((to) => FORBIDDEN.some(([a, b]) => folderOf(file) === a && folderOf(to) === b))
        .map((to) => `${file} > ${to}`),
    );
    expect(known, 'take what is needed by a parameter, or move it into a layer below both').toEqual(
      [],
    );
  });

  it('has no cycle of imports', () => {
    expect(
      cycles(),
      'move what two files of a cycle share into a third one that imports neither',
    ).toEqual([]);
  });
});

it('one file of src starts processes by execa', () => {
  const users = sources.filter(({ startsByExeca }) => startsByExeca);
  expect(
    users.map(({ file }) => file),
    'start a process by spawnProcess of process/spawn.ts, behind a port',
  ).toEqual(['process/start.ts']);
});

describe('names of src', () => {
  it('exports each name from one file', () => {
    const files = new Map<string, string[]>();
    for (const { file, exports } of sources)
      for (const name of exports) files.set(name, [...(files.get(name) ?? []), file]);
    const twice = [...files].filter(([, { length }]) => length > 1);
    expect(twice, 'rename one of the two, or export the one that both need').toEqual([]);
  });

  it('declares no name that rxjs or fp-ts has', () => {
    const taken = new Set([rxjs, either, fpFunction].flatMap((module) => Object.keys(module)));
    const shadows = sources.flatMap(({ file, declares }) =>
      declares.filter((name) => taken.has(name)).map((name) => `${file}: ${name}`),
    );
    expect(shadows, 'choose a name that no reader takes for that of the library').toEqual([]);
  });
});

describe('names of the wire', () => {
  /** Words and not names: codex's own log, and a text for people. */
  const allowed: readonly string[] = ['cli/repl/help.ts'];
  const found = (pattern: RegExp, folders: RegExp): string[] =>
    filesOf('src', /\.ts$/)
      .filter(({ file }) => !folders.test(file) && !allowed.includes(file))
      .flatMap(({ file, lines }) =>
        lines.filter((line) => pattern.test(line)).map((line) => `${file}: ${line.trim()}`),
      );

  it('spells the methods of Plexum in one folder', () => {
    expect(
      found(/'(notifications\/)?plexum\//, /^plexum\//),
      'use the name of plexum/methods.ts',
    ).toEqual([]);
  });

  it('spells the fields of requests and events in one folder, and in the host of the library', () => {
    expect(
      found(/\b(request_id|model_id|block_id)\??: (?!modelId)/, /^(plexum|library)\//),
      'read and write the field by a codec or a function of plexum/',
    ).toEqual([]);
  });
});
