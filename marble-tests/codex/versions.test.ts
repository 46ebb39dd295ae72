import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PINNED } from '../../scripts/lib/codexes.mjs';
import { isOlder } from '../../src/codex/version.js';
import { codexCan, NEWEST, OLDEST, TESTED } from '../../src/codex/versions.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const TABLE = 'src/codex/versions.ts';
const tested = TESTED.map(({ version }) => version);
/** `0.171.0` as pages for people name it: 0.171. */
const short = (version: string): string => version.replace(/\.0$/, '');

describe('TESTED', () => {
  it('lists the versions from the oldest to the newest, each once', () => {
    expect(tested.toSorted((a, b) => (isOlder(a, b) ? -1 : 1))).toEqual(tested);
    expect(new Set(tested).size).toBe(tested.length);
    expect([tested.at(0), tested.at(-1)]).toEqual([OLDEST, NEWEST]);
  });

  it('ends with the dev dependency of package.json and of its lock', () => {
    const lock = JSON.parse(read('package-lock.json'));
    expect(PINNED).toBe(NEWEST);
    expect(lock.packages[''].devDependencies['@openai/codex']).toBe(NEWEST);
    expect(lock.packages['node_modules/@openai/codex'].version).toBe(NEWEST);
  });

  it('is what the pages say', () => {
    expect(read('README.md')).toContain(
      `Install codex ${short(OLDEST)} or newer, tested up to ${short(NEWEST)} `,
    );
    expect(read('src/codex/README.md')).toMatch(
      new RegExp(`^\\| ${OLDEST} \\| the oldest version`, 'm'),
    );
    expect(read('src/codex/README.md')).toMatch(
      new RegExp(`^\\| ${NEWEST} \\| .*the newest version that is tested`, 'm'),
    );
    expect(read('CHANGELOG.md')).toContain(`codex ${NEWEST} is the newest tested version`);
  });
});

describe('codexCan', () => {
  it('is false before the version of the ability, and true from it on', () => {
    expect(codexCan('0.141.9', 'directTools')).toBe(false);
    expect(codexCan('0.142.0', 'directTools')).toBe(true);
  });

  it('is true for a version that is not known', () => {
    expect(codexCan(undefined, 'directTools')).toBe(true);
  });

  it('has no ability that only tests ask for: those are in support/codex-facts.ts', () => {
    const abilities = [...read(TABLE).matchAll(/^ {2}(\w+): '[\d.]+',$/gm)].map(([, name]) => name);
    const asked = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(path.join('src', file)))
      .join('\n');
    expect(abilities).toContain('directTools');
    expect(abilities.filter((name) => !asked.includes(`'${name}'`))).toEqual([]);
  });
});

const isOfWire = (file: string): boolean => file.startsWith('wire/');

describe('versions in code', () => {
  it('are compared with the table, and never with a version by its name', () => {
    const compared = ['src', 'marble-tests', 'scripts'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|mjs)$/.test(file))
        .flatMap((file) =>
          read(path.join(folder, file))
            .split('\n')
            .filter(
              (line) =>
                /[=!]==? '\d+\.\d+\.\d+'/.test(line) || (isOfWire(file) && /isOlder/.test(line)),
            )
            .map((line) => `${folder}/${file}: ${line.trim()}`),
        ),
    );
    expect(compared).toEqual([]);
  });
});
