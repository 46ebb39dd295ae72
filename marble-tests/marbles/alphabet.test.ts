import { describe, expect, it } from 'vitest';
import { codexLetters, freeLetter, LETTERS, turnEventLetters } from '../../src/marbles/alphabet.js';
import { codexOutput, turnEvents } from '../../src/testing/alphabet.js';

describe('turnEventLetters', () => {
  it('gives each event and the exit a letter of its own', () => {
    const all = Object.values({ ...turnEventLetters, ...codexLetters });
    expect(new Set(all).size).toBe(all.length);
  });

  it('has the letters of the examples for marble tests', () => {
    const examples = Object.entries(turnEvents).map(([letter, { type }]) => [type, letter]);
    for (const pair of Object.entries(turnEventLetters)) expect(examples).toContainEqual(pair);
    expect(Object.keys(codexOutput)).toEqual(expect.arrayContaining(Object.values(codexLetters)));
  });
});

describe('freeLetter', () => {
  it.each<[string, string, readonly string[], string]>([
    ['the letter of the alphabet', 'tool_result', [], 'o'],
    ['the next letter of the name when that letter is taken', 'text_delta', ['t'], 'e'],
    ['the first letter of an unknown name', 'string', [], 's'],
    ['the first letter of the item in an event with an item', 'item.completed reasoning', [], 'r'],
    ['the first free letter when the name has no free one', '…', ['a', 'b'], 'c'],
    ['? when all letters are taken', 'string', LETTERS, '?'],
  ])('returns %s', (_, kind, taken, letter) => {
    expect(freeLetter(kind, taken)).toBe(letter);
  });
});
