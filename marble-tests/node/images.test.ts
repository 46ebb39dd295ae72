import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageBlock } from '../../src/canonical/turn-request.js';
import { stageImages } from '../../src/node/images.js';
import type { StagedImages } from '../../src/ports.js';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const BASE64 = PNG.toString('base64');

let root = '';
let workspace = '';
let temporary = '';

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'images-'));
  workspace = path.join(root, 'workspace');
  temporary = path.join(root, 'temporary');
  mkdirSync(workspace);
  mkdirSync(temporary);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const stage = (...images: Omit<ImageBlock, 'type'>[]): StagedImages =>
  stageImages(
    images.map((image) => ({ type: 'image', ...image })),
    workspace,
    temporary,
  );
const local = (name: string): string => {
  const file = path.join(workspace, name);
  writeFileSync(file, PNG);
  return file;
};
const only = (items: readonly string[]): string => {
  expect(items).toHaveLength(1);
  return items[0] ?? '';
};

describe('stageImages: a local file', () => {
  it('is used where it lies, and stays there', () => {
    const file = local('a b "quoted" é.png');
    const staged = stage({ path: file });
    expect(staged).toMatchObject({ paths: [file], notes: [] });
    expect(readdirSync(temporary)).toEqual([]);
    staged.release();
    expect(existsSync(file)).toBe(true);
  });

  it('is found relative to the workspace', () => {
    const file = local('a.png');
    expect(stage({ path: 'a.png' }, { path: './x/../a.png' }).paths).toEqual([file, file]);
  });

  it.each([
    ['a comma', 'a,b.png', '.png'],
    ['a line feed', 'a\nb.jpg', '.jpg'],
    ['an escape character', 'a\u001bb.webp', '.webp'],
    ['a comma in its extension', 'a.p,g', ''],
  ])(
    'with %s in its path gets a plain link, and stays when that goes',
    (_what, name, extension) => {
      const file = local(name);
      const staged = stage({ path: file });
      const link = only(staged.paths);
      expect(staged.notes).toEqual([]);
      expect(link.startsWith(temporary)).toBe(true);
      expect(link.slice(temporary.length)).not.toMatch(/[,\p{Cc}]/u);
      expect(path.extname(link)).toBe(extension);
      expect(readlinkSync(link)).toBe(file);
      expect(readFileSync(link)).toEqual(PNG);
      staged.release();
      expect(readdirSync(temporary)).toEqual([]);
      expect(readFileSync(file)).toEqual(PNG);
    },
  );

  it('in a folder with a comma gets a link too', () => {
    mkdirSync(path.join(workspace, 'x,y'));
    const file = local('x,y/a.png');
    const link = only(stage({ path: file }).paths);
    expect(readlinkSync(link)).toBe(file);
  });

  it.each([
    ['is missing', 'absent.png', 'ENOENT'],
    ['is a directory', 'dir', 'not a file'],
    ['is a FIFO', 'fifo', 'not a file'],
  ])('that %s becomes a note', (_what, name, why) => {
    mkdirSync(path.join(workspace, 'dir'));
    execFileSync('mkfifo', [path.join(workspace, 'fifo')]);
    const staged = stage({ path: name });
    expect(staged.paths).toEqual([]);
    const note = only(staged.notes);
    expect(note).toMatch(/^\[image not attached: ".*" \(.*\)\]$/s);
    expect(note).toContain(name);
    expect(note).toContain(why);
  });

  it('with a name that no file can have becomes a note of one line', () => {
    const note = only(stage({ path: 'a\0\nb.png' }).notes);
    expect(note).toContain('[image not attached:');
    expect(note).not.toMatch(/[\0\n]/);
  });
});

describe('stageImages: data', () => {
  it('is written to a private file in a private folder, gone after release', () => {
    const staged = stage({ data_base64: BASE64, media_type: 'image/png' });
    const file = only(staged.paths);
    expect(staged.notes).toEqual([]);
    expect(readFileSync(file)).toEqual(PNG);
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect(path.dirname(path.dirname(file))).toBe(temporary);
    staged.release();
    expect(readdirSync(temporary)).toEqual([]);
    expect(() => staged.release()).not.toThrow();
  });

  it.each([
    ['image/png', '.png'],
    ['image/jpeg', '.jpg'],
    ['image/gif', '.gif'],
    ['image/webp', '.webp'],
    ['../../etc/passwd', '.png'],
    [undefined, '.png'],
  ])('of the type %s is a %s', (media_type, extension) => {
    const file = only(
      stage({ data_base64: BASE64, ...(media_type === undefined ? {} : { media_type }) }).paths,
    );
    expect(path.extname(file)).toBe(extension);
    expect(path.dirname(path.dirname(file))).toBe(temporary);
  });

  it.each([
    ['a data: url', `data:image/jpeg;base64,${BASE64}`, '.jpg'],
    ['a data: url with parameters', `data:image/gif;charset=utf-8;base64,${BASE64}`, '.gif'],
    ['a data: url without a type', `data:;base64,${BASE64}`, '.png'],
  ])('in %s is written too', (_what, url, extension) => {
    const file = only(stage({ url }).paths);
    expect(readFileSync(file)).toEqual(PNG);
    expect(path.extname(file)).toBe(extension);
  });

  it('that is not base64 becomes a note', () => {
    const staged = stage({ data_base64: '!!!!' }, { url: 'data:image/png;base64,!!!!' });
    expect(staged.paths).toEqual([]);
    expect(staged.notes).toEqual([
      '[image not attached: "data" (not base64)]',
      '[image not attached: "data" (not base64)]',
    ]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('of two images gets two files', () => {
    const { paths } = stage({ data_base64: BASE64 }, { data_base64: BASE64 });
    expect(new Set(paths).size).toBe(2);
  });

  it('of two turns gets two folders, and the release of one leaves the other', () => {
    const one = stage({ data_base64: BASE64 });
    const two = stage({ data_base64: BASE64 });
    one.release();
    expect(existsSync(only(two.paths))).toBe(true);
  });

  it('that cannot be written becomes a note', () => {
    const blocked = path.join(root, 'blocked');
    writeFileSync(blocked, '');
    const staged = stageImages([{ type: 'image', data_base64: BASE64 }], workspace, blocked);
    expect(staged.paths).toEqual([]);
    expect(only(staged.notes)).toContain('[image not attached:');
    expect(() => staged.release()).not.toThrow();
  });
});

describe('stageImages: an address', () => {
  it('of a local file is used where it lies', () => {
    const file = local('a b.png');
    expect(stage({ url: pathToFileURL(file).href }).paths).toEqual([file]);
  });

  it('of a local file that is missing becomes a note', () => {
    const staged = stage({ url: pathToFileURL(path.join(workspace, 'absent.png')).href });
    expect(staged.paths).toEqual([]);
    expect(only(staged.notes)).toContain('absent.png');
  });

  it('of another machine’s file becomes a note', () => {
    expect(only(stage({ url: 'file://elsewhere/a.png' }).notes)).toContain('[image not attached:');
  });

  it.each(['http://example.com/a.png', 'https://example.com/a.png'])('%s becomes a note', (url) => {
    expect(stage({ url })).toMatchObject({
      paths: [],
      notes: [`[image not attached: "${url}" (web addresses are not fetched)]`],
    });
  });

  it('that is long is cut in its note', () => {
    expect(
      only(stage({ url: `https://example.com/${'a'.repeat(10_000)}` }).notes).length,
    ).toBeLessThan(400);
  });
});

describe('stageImages: a block', () => {
  it.each([
    ['nothing', {}],
    ['empty strings', { url: '', data_base64: '', path: '' }],
  ])('with %s becomes a note', (_what, image) => {
    expect(stage(image)).toMatchObject({
      paths: [],
      notes: ['[image not attached: "no source" (the block is empty)]'],
    });
  });

  it('prefers its url, then its data, then its path', () => {
    const one = local('one.png');
    const two = local('two.png');
    expect(stage({ url: pathToFileURL(one).href, data_base64: BASE64, path: two }).paths).toEqual([
      one,
    ]);
    const staged = stage({ data_base64: BASE64, path: two });
    expect(only(staged.paths).startsWith(temporary)).toBe(true);
    expect(stage({ path: two }).paths).toEqual([two]);
  });

  it('whose url is of the web uses what else it has', () => {
    const file = local('a.png');
    expect(stage({ url: 'https://example.com/a.png', path: file })).toMatchObject({
      paths: [file],
      notes: [],
    });
    expect(
      only(stage({ url: 'https://example.com/a.png', data_base64: BASE64 }).paths).startsWith(
        temporary,
      ),
    ).toBe(true);
  });

  it('that fails does not touch the others, whose order stays', () => {
    const one = local('one.png');
    const two = local('two.png');
    const staged = stage({ path: one }, { path: 'absent.png' }, { path: two }, {});
    expect(staged.paths).toEqual([one, two]);
    expect(staged.notes).toHaveLength(2);
  });

  it('is not needed: no images leave no trace', () => {
    const staged = stage();
    expect(staged).toMatchObject({ paths: [], notes: [] });
    staged.release();
    expect(readdirSync(temporary)).toEqual([]);
  });
});
