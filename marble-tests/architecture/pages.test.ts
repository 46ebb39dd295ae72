import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

/** The folders with pages. */
const FOLDERS = ['src', 'marble-tests', 'scripts'];

/** Files of users and of examples, which are not part of the project. */
const OTHERS: readonly string[] = ['AGENTS.md', 'streams/x.ts', 'streams/x.marbles.ts'];

const pageOf = (folder: string): string =>
  filesOf(folder, /^README\.md$/)
    .flatMap(({ lines }) => lines)
    .join('\n');

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
