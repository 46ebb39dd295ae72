import { readFileSync } from 'node:fs';

export const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The texts of the README's fenced blocks in a language, without the indent of the fence. */
export const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );

/** The lines of a block that say something, without the comments at their ends. */
export const linesOf = (block: string, comment: '#' | '//'): readonly string[] =>
  block
    .split('\n')
    .map((line) => line.replace(new RegExp(` +${comment} .*$`), '').trim())
    .filter((line) => line !== '');

/** Every command line of the README's shell blocks. */
export const commands = blocks('sh').flatMap((block) => linesOf(block, '#'));

/** The rows of the README's table with this head, cell by cell. */
export const tableRows = (head: string): readonly (readonly string[])[] => {
  const lines = readme.split('\n');
  const first = lines.indexOf(head) + 2;
  return lines.slice(first, lines.indexOf('', first)).map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
};
