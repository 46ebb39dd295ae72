import { describe, expect, it } from 'vitest';
import { filesOf, sources } from './sources.js';

/** The executables and the exports of the package: nobody imports them. */
const isEntry = (file: string): boolean => !file.includes('/');

describe('sizes of files', () => {
  it.each([
    ['src', /\.ts$/],
    ['scripts', /\.(mjs|cjs|js|ts|sh)$/],
  ])('has no file of more than 150 lines in %s', (folder, name) => {
    const long = filesOf(folder, name).filter(({ lines }) => lines.length > 150);
    expect(
      long.map(({ file, lines }) => `${file}: ${lines.length}`),
      'move a part that has a name of its own into a file beside it',
    ).toEqual([]);
  });

  it.each([
    ['src', /\.ts$/],
    ['marble-tests', /\.(mjs|ts)$/],
    ['scripts', /\.(mjs|cjs|js|ts)$/],
  ])('has no comment of more than 100 columns in %s', (folder, name) => {
    const wide = filesOf(folder, name).flatMap(({ file, lines }) =>
      lines.flatMap((line, index) =>
        /^\s*(\/\/|\/\*|\*)/.test(line) && line.length > 100 ? [`${file}:${index + 1}`] : [],
      ),
    );
    expect(wide, 'wrap each comment at 100 columns').toEqual([]);
  });

  it('has no file of less than 25 lines that only one other file imports', () => {
    const importersOf = (file: string): string[] =>
      sources
        .filter(({ imports, loads }) => imports.includes(file) || loads.includes(file))
        .map((source) => source.file);
    const single = sources
      .filter(({ file, lines }) => lines < 25 && !isEntry(file))
      .map(({ file }) => ({ file, importers: importersOf(file) }))
      .filter(({ importers }) => importers.length <= 1)
      .map(({ file, importers: [importer = 'nobody'] }) => `${file}, imported by ${importer}`);
    expect(
      single,
      'move each into the file that imports it; use the one that nobody imports, or remove it',
    ).toEqual([]);
  });
});
