import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Code without the indents, which differ between the page and the files. */
const withoutIndents = (code: string): string =>
  code.replaceAll(/^ +/gm, '').replaceAll(/\n+/g, '\n').trim();

const files = readdirSync(here)
  .filter((name) => name.endsWith('.ts') && name !== 'page.test.ts')
  .map((name) => withoutIndents(readFileSync(new URL(name, import.meta.url), 'utf8')));

const blocks = [...page.matchAll(/^( *)```ts\n([^]*?)^ *```$/gm)].map(([, , code = '']) => code);

describe('marble-tests/README.md', () => {
  it.each(blocks.map((code) => [code.trim().split('\n').slice(0, 2).join(' '), code]))(
    'quotes an example verbatim: %s',
    (_, code) => {
      expect(files.filter((file) => file.includes(withoutIndents(code)))).toHaveLength(1);
    },
  );

  it('quotes at least eight examples and links to files that exist', () => {
    const targets = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    expect(targets.filter((name) => !existsSync(new URL(`../${name}`, import.meta.url)))).toEqual(
      [],
    );
  });
});
