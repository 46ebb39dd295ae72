import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { savePictureBelow } from '../../src/node/save-picture.js';

const data = Buffer.from('89504e470d0a1a0a0000', 'hex').toString('base64');
let home = '';
let logs: string[] = [];
const save = (picture: object) =>
  savePictureBelow(home, (_level, msg) => logs.push(msg))('T1', {
    id: 'ig_1',
    hasFailed: false,
    ...picture,
  });

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'plexum-picture-'));
  logs = [];
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

describe('savePictureBelow', () => {
  it('stores the bytes of a picture below the home of codex', () => {
    const file = save({ data });

    expect(file).toBe(path.join(home, 'generated_images/T1/ig_1.png'));
    expect(readFileSync(file ?? '').toString('base64')).toBe(data);
    expect(logs).toEqual([]);
  });

  it('keeps an id that looks like a path within the folder of the thread', () => {
    expect(save({ data, id: '../../x' })).toBe(path.join(home, 'generated_images/T1/.._.._x.png'));
  });

  it.each([[undefined], ['bm90IGEgcGljdHVyZQ==']])(
    'stores nothing that is no picture: %s',
    (text) => {
      expect(save(text === undefined ? {} : { data: text })).toBeUndefined();
      expect(logs).toEqual([]);
    },
  );

  it('warns when the picture cannot be stored', () => {
    writeFileSync(path.join(home, 'generated_images'), '');

    expect(save({ data })).toBeUndefined();
    expect(logs).toEqual([expect.stringContaining('could not be stored')]);
  });
});
