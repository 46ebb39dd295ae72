import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

/** The folders with pages. */
const FOLDERS = ['src', 'marble-tests', 'scripts'];

/** Files of users and of examples, which are not part of the project. */
const OTHERS: readonly string[] = ['AGENTS.md', 'streams/x.ts', 'streams/x.marbles.ts'];

const textOf = (folder: string, name: RegExp): string =>
  filesOf(folder, name)
    .flatMap(({ lines }) => lines)
    .join('\n');

const pageOf = (folder: string): string => textOf(folder, /^README\.md$/);

describe('pages', () => {
  it('names every part of the scripts in the page of the scripts', () => {
    const page = pageOf('scripts');
    const unnamed = filesOf('scripts', /[\\/].*\.(mjs|cjs)$/)
      .map(({ file }) => file)
      .filter((file) => !page.includes(file.slice(file.lastIndexOf('/') + 1)));
    expect(unnamed, 'give each a row, or a place in one, in scripts/README.md').toEqual([]);
  });

  it('has a row for every layer of src in the page of the architecture', () => {
    const page = pageOf('src')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .join('\n');
    const folders = filesOf('src', /[\\/].*\.ts$/).map(({ file }) => `${file.split('/')[0]}/`);
    expect(
      [...new Set(folders)].filter((folder) => !page.includes(`\`${folder}\``)),
      'give each a row of the table "Layers" in src/README.md',
    ).toEqual([]);
  });

  it('has every field of an event in the page of the wire', () => {
    const page = textOf('src', /^plexum\/WIRE\.md$/);
    const events = textOf('src', /^canonical\/turn-event\.ts$/);
    const fields = [...events.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name);
    expect(fields).toContain('thread_id');
    expect(
      fields.filter((name) => !new RegExp(`\\b${name}\\b`).test(page)),
      'give each a place in the table of its event in src/plexum/WIRE.md',
    ).toEqual([]);
  });

  it('has every kind of failure in the page of the wire or in that of codex', () => {
    const pages = textOf('src', /^(plexum\/WIRE|codex\/README)\.md$/);
    const events = textOf('src', /^canonical\/turn-event\.ts$/);
    const [, union = ''] = /export type ErrorKind =([^;]*);/.exec(events) ?? [];
    const kinds = [...union.matchAll(/'(\w+)'/g)].map(([, kind = '']) => kind);
    expect(kinds).toContain('internal');
    expect(
      kinds.filter((kind) => !pages.includes(`\`${kind}\``)),
      'give each a row of "Sentences and kinds" in src/codex/README.md, or name it at `kind` in WIRE.md',
    ).toEqual([]);
  });

  it('has every command for people in its page and in --help', () => {
    const commands = [...textOf('src', /^cli\.ts$/).matchAll(/^ {2}\['([\w-]+)'/gm)];
    const names = ['say', ...commands.map(([, name = '']) => name)];
    const [page, help] = [textOf('src', /^cli\/README\.md$/), textOf('src', /^about\.ts$/)];
    expect(names).toContain('doctor');
    expect(
      names.filter((name) => !new RegExp(`^## .*\\b${name}\\b`, 'm').test(page)),
      'give each a heading in src/cli/README.md',
    ).toEqual([]);
    expect(
      names.filter((name) => !new RegExp(`^ {2}${name} +\\S`, 'm').test(help)),
      'give each a line of the commands in src/about.ts',
    ).toEqual([]);
  });

  it('name files of the project that exist', () => {
    const names = FOLDERS.flatMap((folder) =>
      filesOf(folder, /\.(md|sh|ts|mjs|cjs)$/).map(({ file }) => `/${folder}/${file}`),
    );
    const pages = FOLDERS.flatMap((folder) =>
      filesOf(folder, /\.md$/).map(({ file, lines }) => ({ file: `${folder}/${file}`, lines })),
    );
    const missing = pages.flatMap(({ file, lines }) =>
      [...lines.join('\n').matchAll(/`([\w.@/-]+\.(?:md|sh|ts|mjs|cjs))`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !OTHERS.includes(name) && !names.some((all) => all.endsWith(`/${name}`)))
        .map((name) => `${file}: ${name}`),
    );
    expect(missing, 'correct the page, or add the name of a made-up file to OTHERS').toEqual([]);
  });
});
