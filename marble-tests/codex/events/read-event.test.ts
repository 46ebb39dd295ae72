import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvent } from '../../../src/codex/events/read-event.js';
import { holds } from '../../support/fuzz.js';

const outcome = (read: (line: string) => unknown, line: string): unknown => {
  try {
    return { value: read(line) };
  } catch (error) {
    return { thrown: String(error) };
  }
};

const messageOf = (id: string, text: string): string =>
  `{"type":"item.completed","item":{"id":${id},"type":"agent_message","text":${text}}}`;

describe('readEvent', () => {
  it.each([
    ['a message', messageOf('"item_0"', String.raw`"a \"b\" \u00e4\n😀"`)],
    ['an empty message', messageOf('"item_0"', '""')],
    ['an id with an escape', messageOf(String.raw`"item\u005f0"`, '"a"')],
    ['an id with a line feed', messageOf('"item\n0"', '"a"')],
    ['no text', messageOf('"item_0"', 'null')],
    ['another text', messageOf('"item_0"', '"a","text":"b"')],
    ['a field after the text', messageOf('"item_0"', '"a","phase":"final"')],
    ['a line feed in the text', messageOf('"item_0"', '"a\nb"')],
    ['half a text', messageOf('"item_0"', '"a').slice(0, -2)],
    ['another item', messageOf('"item_0"', '"a"').replace('agent_message', 'reasoning')],
    ['another event', '{"type":"turn.started"}'],
    ['no JSON', 'codex 0.171.0'],
    ['nothing', ''],
  ])('reads %s as JSON.parse does', (_what, line) => {
    expect(outcome(readEvent, line)).toEqual(outcome(JSON.parse, line));
  });

  it('reads any line like that of a message as JSON.parse does', () => {
    const piece = fc.constantFrom('"', '\\', '{', '}', ',', ' ', ':', '\n', '"x":1,', '');
    const string = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text));
    holds(
      fc.property(string, string, fc.nat(), fc.nat(3), piece, (id, text, at, gone, put) => {
        const whole = messageOf(id, text);
        const from = at % (whole.length + 1);
        const line = whole.slice(0, from) + put + whole.slice(from + gone);
        expect(outcome(readEvent, line)).toEqual(outcome(JSON.parse, line));
      }),
    );
  });
});
