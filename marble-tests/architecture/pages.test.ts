import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

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
    expect(unnamed).toEqual([]);
  });

  it('has a row for every layer of src in the page of the architecture', () => {
    const page = pageOf('src')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .join('\n');
    const folders = filesOf('src', /[\\/].*\.ts$/).map(({ file }) => `${file.split('/')[0]}/`);
    expect([...new Set(folders)].filter((folder) => !page.includes(`\`${folder}\``))).toEqual([]);
  });
});
