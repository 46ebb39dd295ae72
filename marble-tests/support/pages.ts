import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A page of documentation. */
export interface Page {
  /** Its path from the root of the project. */
  readonly file: string;
  readonly text: string;
}

/** The pages whose commands depend on one another come first, in the order of reading. */
const FIRST = ['README.md', 'src/cli/README.md', 'src/library/README.md'];

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && !FIRST.includes(file));

/** Every page of the project. */
export const pages: readonly Page[] = [...FIRST, ...files].map((file) => ({
  file,
  text: readFileSync(path.join(root, file), 'utf8'),
}));

/** The fenced blocks of a page in a language, without the indent of the fence. */
export const blocks = ({ text }: Page, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );

/** The lines of a block, without empty lines and without the comments at their ends. */
export const linesOf = (block: string, comment: '#' | '//'): readonly string[] =>
  block
    .split('\n')
    .map((line) => line.replace(new RegExp(` +${comment} .*$`), '').trim())
    .filter((line) => line !== '');

/** The command lines of a page's shell blocks. */
export const commandsOf = (page: Page): readonly string[] =>
  blocks(page, 'sh').flatMap((block) => linesOf(block, '#'));

/** The rows of a page's table with this head, cell by cell. */
export const tableRows = ({ text }: Page, head: string): readonly (readonly string[])[] => {
  const lines = text.split('\n');
  const first = lines.indexOf(head) + 2;
  const end = lines.indexOf('', first);
  return lines.slice(first, end === -1 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
};
