import { describe, expect, it } from 'vitest';
import {
  dataUrlProblem,
  inlineData,
  pictureProblem,
  relabelled,
} from '../../src/codex/pictures.js';

const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex');
const PNG = hex('89504e470d0a1a0a0000000d');

describe('pictureProblem', () => {
  it.each([
    ['image/png', PNG],
    ['IMAGE/PNG; charset=binary', PNG],
    ['image/jpeg', hex('ffd8ffe000104a46')],
    ['image/jpg', hex('ffd8ffdb')],
    ['image/gif', Buffer.from('GIF87a')],
    ['image/webp', Buffer.from('RIFF\0\0\0\0WEBPVP8L')],
    ['', PNG],
    ['application/octet-stream', PNG],
  ])('finds none in a picture that %s names, or does not contradict', (mediaType, bytes) => {
    expect(pictureProblem(bytes, mediaType)).toBeUndefined();
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'is empty'],
    ['a BMP', Buffer.from('BM1234'), 'is a BMP, and codex takes PNG, JPEG, GIF and WebP only'],
    ['a TIFF', hex('49492a0008000000'), 'is a TIFF'],
    ['a HEIC', Buffer.from('\0\0\0 ftypheic'), 'is a HEIC'],
    ['an AVIF', Buffer.from('\0\0\0 ftypavif'), 'is an AVIF'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'is a PDF'],
    ['a ZIP', hex('504b030414000600'), 'is a ZIP archive'],
    ['an SVG', Buffer.from('\n<svg xmlns="http://www.w3'), 'is an SVG'],
    ['a page', Buffer.from('<!DOCTYPE html><html>'), 'is HTML'],
    ['text', Buffer.from('Not found'), 'is text'],
    ['bytes', hex('0001020304'), 'is no picture'],
    ['a sound', Buffer.from('RIFF\0\0\0\0WAVEfmt '), 'is no picture'],
  ])('names %s', (_what, bytes, words) => {
    expect(pictureProblem(bytes, 'image/png')).toContain(words);
  });

  it('names what a picture is that its media type contradicts', () => {
    expect(pictureProblem(PNG, 'image/webp')).toBe('is a PNG, and its media type says image/webp');
  });
});

describe('dataUrlProblem', () => {
  it.each([
    [`data:image/png;base64,${PNG.toString('base64')}`, undefined],
    [
      `data:image/gif;base64,${PNG.toString('base64')}`,
      'is a PNG, and its media type says image/gif',
    ],
    ['data:image/png;base64,', 'is empty'],
    ['https://example.com/a.png', undefined],
    ['data:image/svg+xml,<svg>', undefined],
  ])('says of %s: %s', (url, words) => {
    expect(dataUrlProblem(url)).toBe(words);
  });
});

describe('inlineData', () => {
  it.each([
    ['data:image/png;base64,AA,==', { mediaType: 'image/png', base64: 'AA,==' }],
    ['data:image/png;charset=utf-8;base64,', { mediaType: 'image/png', base64: '' }],
    ['data:;base64,AAAA', { mediaType: '', base64: 'AAAA' }],
    ['data:base64,AAAA', undefined],
    ['data:image/png,;base64,AAAA', undefined],
    ['data:image/png;base64', undefined],
    ['https://example.com/;base64,AAAA', undefined],
  ])('reads %s', (url, data) => {
    expect(inlineData(url)).toEqual(data);
  });

  it.each([
    ['comma', ''],
    ['base64', ','],
  ])('refuses a URL of 16 MB without %s in linear time', (_, end) => {
    expect(inlineData(`data:${'a'.repeat(16_000_000)}${end}`)).toBeUndefined();
  });
});

describe('relabelled', () => {
  const data = PNG.toString('base64');

  it.each([
    [`data:image/gif;base64,${data}`, `data:image/png;base64,${data}`],
    [`data:image/png;base64,${data}`, undefined],
    ['data:image/png;base64,AAAA', undefined],
    ['https://example.com/a.png', undefined],
  ])('makes of %s: %s', (url, expected) => {
    expect(relabelled(url)).toBe(expected);
  });
});
