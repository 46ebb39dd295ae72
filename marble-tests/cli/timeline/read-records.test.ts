import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../src/record/turn-record.js';
import { begins, ended, said } from '../../support/records.js';

const text = (...lines: readonly unknown[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

describe('readRecords', () => {
  it('splits a record into its turns', () => {
    expect(readRecords(text(begins('one'), ended(5), begins('two'), said(1, 'Hi')))).toEqual({
      turns: [
        [begins('one'), ended(5)],
        [begins('two'), said(1, 'Hi')],
      ],
      malformed: 0,
    });
  });

  it('reads a turn whose beginning is missing', () => {
    expect(readRecords(text(said(1, 'Hi'), begins('two'))).turns).toEqual([
      [said(1, 'Hi')],
      [begins('two')],
    ]);
  });

  it.each([
    ['no JSON', '{"ms":1,'],
    ['no object', '7'],
    ['a key that is not known', '{"ms":1,"other":{}}'],
    ['no time', '{"raw":{}}'],
    ['a time below zero', '{"ms":-1,"raw":{}}'],
    ['a time without end', '{"ms":1e999,"raw":{}}'],
    ['an event of a kind that is not known', '{"ms":1,"event":{"type":"other"}}'],
    ['a version that is not known', '{"ms":0,"turn":{"version":2}}'],
  ])('counts a malformed line: %s', (_, line) => {
    expect(readRecords(text(begins('one'), line, ended(5)))).toEqual({
      turns: [[begins('one'), ended(5)]],
      malformed: 1,
    });
  });

  it.each([
    ['', 0],
    ['\n \r\n', 0],
    ['not a record\n', 1],
  ])('finds no turn in %j', (file, malformed) => {
    expect(readRecords(file)).toEqual({ turns: [], malformed });
  });
});
