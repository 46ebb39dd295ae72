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
import { checkImages, stageImages } from '../../src/node/images.js';
import type { StagedImages } from '../../src/ports.js';
import { PictureError } from '../../src/turn/failures.js';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const BASE64 = PNG.toString('base64');

let root = '';
let workspace = '';
let temporary = '';
let unwritten: string[] = [];

beforeEach(() => {
  unwritten = [];
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
    (message) => unwritten.push(message),
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

describe('stageImages, a local file', () => {
  it('uses a local file in place, and keeps it', () => {
    const file = local('a b "quoted" é.png');
    const staged = stage({ path: file });
    expect(staged).toMatchObject({ paths: [file], notes: [] });
    expect(readdirSync(temporary)).toEqual([]);
    staged.release();
    expect(existsSync(file)).toBe(true);
  });

  it('resolves a path against the workspace', () => {
    const file = local('a.png');
    expect(stage({ path: 'a.png' }, { path: './x/../a.png' }).paths).toEqual([file, file]);
  });

  it.each([
    ['a comma', 'a,b.png', '.png'],
    ['a line feed', 'a\nb.jpg', '.jpg'],
    ['an escape character', 'a\u001bb.webp', '.webp'],
    ['a comma in its extension', 'a.p,g', ''],
  ])(
    'links a file with %s in its path, and keeps the file when the link is removed',
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

  it('links a file in a folder with a comma', () => {
    mkdirSync(path.join(workspace, 'x,y'));
    const file = local('x,y/a.png');
    const link = only(stage({ path: file }).paths);
    expect(readlinkSync(link)).toBe(file);
  });

  it.each([
    ['is missing', 'absent.png', 'ENOENT'],
    ['is a directory', 'dir', 'is not a regular file'],
    ['is a FIFO', 'fifo', 'is not a regular file'],
  ])('replaces a file that %s by a note', (_what, name, why) => {
    mkdirSync(path.join(workspace, 'dir'));
    execFileSync('mkfifo', [path.join(workspace, 'fifo')]);
    const staged = stage({ path: name });
    expect(staged.paths).toEqual([]);
    const note = only(staged.notes);
    expect(note).toMatch(/^\[image not attached: ".*" \(.*\)\]$/s);
    expect(note).toContain(name);
    expect(note).toContain(why);
  });

  it('replaces an impossible file name by a note of one line', () => {
    const note = only(stage({ path: 'a\0\nb.png' }).notes);
    expect(note).toContain('[image not attached:');
    expect(note).not.toMatch(/[\0\n]/);
  });
});

describe('stageImages, data', () => {
  it('writes data to a private file in a private folder, and removes both on release', () => {
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
    ['image/png', PNG, '.png'],
    ['image/jpeg', Buffer.from('ffd8ffe0', 'hex'), '.jpg'],
    ['image/gif', Buffer.from('GIF89a'), '.gif'],
    ['image/webp', Buffer.from('RIFF1234WEBPVP8 '), '.webp'],
    ['../../etc/passwd', PNG, '.png'],
    [undefined, PNG, '.png'],
  ])(
    'writes data of the type %s as a file with the extension for it',
    (media_type, bytes, extension) => {
      const file = only(
        stage({
          data_base64: bytes.toString('base64'),
          ...(media_type === undefined ? {} : { media_type }),
        }).paths,
      );
      expect(readFileSync(file)).toEqual(bytes);
      expect(path.extname(file)).toBe(extension);
      expect(path.dirname(path.dirname(file))).toBe(temporary);
    },
  );

  it.each([
    ['a data: url', `data:image/png;base64,${BASE64}`, '.png'],
    ['a data: url with parameters', `data:image/png;charset=utf-8;base64,${BASE64}`, '.png'],
    ['a data: url without a type', `data:;base64,${BASE64}`, '.png'],
  ])('writes data in %s', (_what, url, extension) => {
    const file = only(stage({ url }).paths);
    expect(readFileSync(file)).toEqual(PNG);
    expect(path.extname(file)).toBe(extension);
  });

  it('writes a file per image', () => {
    const { paths } = stage({ data_base64: BASE64 }, { data_base64: BASE64 });
    expect(new Set(paths).size).toBe(2);
  });

  it('makes a folder per turn, and keeps it when another is released', () => {
    const one = stage({ data_base64: BASE64 });
    const two = stage({ data_base64: BASE64 });
    one.release();
    expect(existsSync(only(two.paths))).toBe(true);
  });
});

describe('stageImages, a URL', () => {
  it('uses the local file of a URL in place', () => {
    const file = local('a b.png');
    expect(stage({ url: pathToFileURL(file).href }).paths).toEqual([file]);
  });

  it('replaces a URL of a missing file by a note', () => {
    const staged = stage({ url: pathToFileURL(path.join(workspace, 'absent.png')).href });
    expect(staged.paths).toEqual([]);
    expect(only(staged.notes)).toContain('absent.png');
  });

  it('replaces a URL of another machine’s file by a note', () => {
    expect(only(stage({ url: 'file://elsewhere/a.png' }).notes)).toContain('[image not attached:');
  });

  it.each(['http://example.com/a.png', 'https://example.com/a.png'])(
    'replaces %s by a note',
    (url) => {
      expect(stage({ url })).toMatchObject({
        paths: [],
        notes: [`[image not attached: "${url}" (web addresses are not fetched)]`],
      });
    },
  );

  it('cuts a long URL in its note', () => {
    expect(
      only(stage({ url: `https://example.com/${'a'.repeat(10_000)}` }).notes).length,
    ).toBeLessThan(400);
  });
});

describe('stageImages, a block', () => {
  it.each([
    ['nothing', {}],
    ['empty strings', { url: '', data_base64: '', path: '' }],
  ])('replaces a block with %s by a note', (_what, image) => {
    expect(stage(image)).toMatchObject({
      paths: [],
      notes: ['[image not attached: "no source" (the block is empty)]'],
    });
  });

  it('prefers the url of a block, then its data, then its path', () => {
    const one = local('one.png');
    const two = local('two.png');
    expect(stage({ url: pathToFileURL(one).href, data_base64: BASE64, path: two }).paths).toEqual([
      one,
    ]);
    const staged = stage({ data_base64: BASE64, path: two });
    expect(only(staged.paths).startsWith(temporary)).toBe(true);
    expect(stage({ path: two }).paths).toEqual([two]);
  });

  it('uses the data or the path of a block when its url is of the web', () => {
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

  it('keeps the other images in order when one fails', () => {
    const one = local('one.png');
    const two = local('two.png');
    const staged = stage({ path: one }, { path: 'absent.png' }, { path: two }, {});
    expect(staged.paths).toEqual([one, two]);
    expect(staged.notes).toHaveLength(2);
  });

  it('says to the model and to the operator when a picture cannot be written', () => {
    rmSync(temporary, { recursive: true });
    writeFileSync(temporary, '');
    const staged = stage({ data_base64: BASE64 }, { path: local('a.png') });
    const why = expect.stringMatching(
      /a picture of the message cannot be written: E.*; set TMPDIR of the daemon to a folder that it may write/,
    );
    expect(staged).toMatchObject({ paths: [local('a.png')], notes: [why] });
    expect(unwritten).toEqual([why]);
    expect(() => staged.release()).not.toThrow();
  });

  it('creates nothing without images', () => {
    const staged = stage();
    expect(staged).toMatchObject({ paths: [], notes: [] });
    staged.release();
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('checkImages', () => {
  const check =
    (...images: Omit<ImageBlock, 'type'>[]) =>
    () =>
      checkImages(
        images.map((image) => ({ type: 'image', ...image })),
        workspace,
      );
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it.each<[string, Omit<ImageBlock, 'type'>, string]>([
    ['of another type', { data_base64: BASE64, media_type: 'image/jpeg' }, 'is a PNG, and its'],
    ['in a data: URL of another type', { url: `data:image/gif;base64,${BASE64}` }, 'is a PNG, and'],
    ['that is a PDF', { data_base64: base64('%PDF-1.7') }, 'is a PDF, and codex takes PNG'],
    ['that is not base64', { data_base64: '!!!!' }, 'is empty'],
    ['whose data: URL is empty', { url: 'data:image/png;base64,' }, 'is empty'],
    ['whose file is empty', { path: 'empty.png' }, '"empty.png", is empty'],
    ['whose file is text', { path: 'text.png' }, '"text.png", is text'],
    ['whose type another source contradicts', { url: 'https://x', path: 'text.png' }, 'is text'],
  ])('throws for a picture %s, and says which it is', (_what, image, words) => {
    writeFileSync(path.join(workspace, 'empty.png'), '');
    writeFileSync(path.join(workspace, 'text.png'), 'just text');
    local('a.png');

    expect(check({ path: 'a.png' }, image)).toThrow(PictureError);
    expect(check({ path: 'a.png' }, image)).toThrow(words);
    expect(check({ path: 'a.png' }, image)).toThrow('picture 2 of the message');
    expect(() => stage(image)).toThrow(PictureError);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each<[string, Omit<ImageBlock, 'type'>]>([
    ['a picture of its type', { data_base64: BASE64, media_type: 'image/png' }],
    ['a picture of no type', { data_base64: BASE64 }],
    ['a picture of a type that is none', { data_base64: BASE64, media_type: 'application/x' }],
    ['a file that is missing', { path: 'absent.png' }],
    ['a web address', { url: 'https://example.com/a.png' }],
    ['a block without a source', {}],
    ['a block of empty strings', { url: '', data_base64: '', path: '', media_type: 'image/png' }],
    ['a picture beside empty data', { data_base64: '', path: 'a.png', media_type: 'image/png' }],
    ['a broken url beside a good path', { url: 'data:image/png;base64,!!!!', path: 'a.png' }],
  ])('lets %s pass', (_what, image) => {
    local('a.png');

    expect(check(image)).not.toThrow();
    expect(readdirSync(temporary)).toEqual([]);
  });
});
