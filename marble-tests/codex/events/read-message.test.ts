import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeParsed } from '../../../src/codex/events/decode-event.js';
import { readMessage } from '../../../src/codex/events/read-message.js';
import { parseLine } from '../../../src/lines/parse-json.js';
import { holds } from '../../support/fuzz.js';

/** What JSON.parse makes of the line, and `decodeEvent` of that. */
const read = (line: string): unknown => {
  const parsed = parseLine(line);
  const decoded = decodeParsed(parsed);
  return { decoded, raw: parsed.type === 'json' ? parsed.value : decoded };
};

const messageOf = (id: string, text: string): string =>
  `{"type":"item.completed","item":{"id":${id},"type":"agent_message","text":${text}}}`;

describe('readMessage', () => {
  it.each([
    ['a message', messageOf('"item_0"', String.raw`"a \"b\" \u00e4\n😀"`)],
    ['an empty message', messageOf('"item_0"', '""')],
    ['a message with an empty id', messageOf('""', '"a"')],
  ])('reads %s as JSON.parse and decodeEvent do', (_what, line) => {
    const message = readMessage(line);
    expect({ decoded: message, raw: message }).toEqual(read(line));
  });

  it.each([
    ['an id with an escape', messageOf(String.raw`"item\u005f0"`, '"a"')],
    ['an id with a line feed', messageOf('"item\n0"', '"a"')],
    ['no text', messageOf('"item_0"', 'null')],
    ['another text', messageOf('"item_0"', '"a","text":"b"')],
    ['a field after the text', messageOf('"item_0"', '"a","phase":"final"')],
    ['a line feed in the text', messageOf('"item_0"', '"a\nb"')],
    ['half a text', messageOf('"item_0"', '"a').slice(0, -2)],
    ['another item', messageOf('"item_0"', '"a"').replace('agent_message', 'reasoning')],
    ['a mark of the byte order', `\uFEFF${messageOf('"item_0"', '"a"')}`],
    ['another event', '{"type":"turn.started"}'],
    ['no JSON', 'codex 0.171.0'],
    ['nothing', ''],
  ])('leaves a line with %s to JSON.parse', (_what, line) => {
    expect(readMessage(line)).toBeUndefined();
  });

  it('reads any line like that of a message as JSON.parse and decodeEvent do, or not at all', () => {
    const piece = fc.constantFrom('"', '\\', '{', '}', ',', ' ', ':', '\n', '"x":1,', '');
    const string = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text));
    holds(
      fc.property(string, string, fc.nat(), fc.nat(3), piece, (id, text, at, gone, put) => {
        const whole = messageOf(id, text);
        const from = at % (whole.length + 1);
        const line = whole.slice(0, from) + put + whole.slice(from + gone);
        const message = readMessage(line);
        if (message !== undefined) expect({ decoded: message, raw: message }).toEqual(read(line));
      }),
    );
  });
});
