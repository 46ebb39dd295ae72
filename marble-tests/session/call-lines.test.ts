import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, mergeMap, of, tap, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RolloutLine } from '../../src/codex/rollout/patch.js';
import { MAX_LINE_BYTES } from '../../src/lines/line.js';
import { callLines, linesWith } from '../../src/session/call-lines.js';
import { fixtures, read, recordedVersions } from '../support/fixtures.js';

const BLOCK = 1024 * 1024;

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'calls-'));
  file = path.join(folder, 'rollout.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (type: string, payload: object): string =>
  JSON.stringify({ timestamp: '2026-11-20T23:43:54.034Z', ordinal: 7, type, payload });
const item = (payload: object): string => line('response_item', payload);
const call = (id: string, args = '{}'): string =>
  item({ type: 'function_call', id: 'fc_1', name: 'x', arguments: args, call_id: id });
const output = (id: string, text: unknown = 'ok'): string =>
  item({ type: 'function_call_output', id: 'fco_1', call_id: id, output: text });
const message = (text: string): string =>
  item({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
/** A line of `bytes` bytes, including its line feed. */
const filler = (bytes: number): string =>
  message('x'.repeat(bytes - Buffer.byteLength(message('')) - 1));

const collected = (ids: readonly string[]): Promise<RolloutLine[]> =>
  lastValueFrom(callLines(file, new Set(ids)).pipe(toArray()));
/** The emitted lines as text. Checks that each offset and its bytes match the file. */
const found = async (content: string | Buffer, ...ids: string[]): Promise<string[]> => {
  writeFileSync(file, content);
  const bytes = readFileSync(file);
  const lines = await collected(ids);
  for (const { offset, bytes: own } of lines) {
    expect(bytes.subarray(offset, offset + own.length).equals(own)).toBe(true);
    expect(own.includes('\n')).toBe(false);
    expect([undefined, 0x0a]).toContain(offset === 0 ? undefined : bytes[offset - 1]);
    expect([undefined, 0x0a]).toContain(bytes[offset + own.length]);
  }
  return lines.map(({ bytes: own }) => own.toString());
};
const handles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;

describe('callLines', () => {
  it('emits calls and their outputs in file order', async () => {
    const lines = [call('a'), output('b'), message('hi'), call('b'), output('a'), output('c')];
    expect(await found(`${lines.join('\n')}\n`, 'a', 'c')).toEqual([
      call('a'),
      output('a'),
      output('c'),
    ]);
  });

  it('finds calls and outputs of every kind', async () => {
    const lines = [
      item({
        type: 'custom_tool_call',
        id: 'ctc_1',
        status: 'completed',
        call_id: 'a',
        name: 'exec',
        input: 'text(1)',
      }),
      item({
        type: 'custom_tool_call_output',
        id: 'ctco_1',
        call_id: 'a',
        output: [{ type: 'input_text', text: 'x' }],
      }),
      item({
        type: 'local_shell_call',
        id: 'ls_1',
        call_id: 'a',
        status: 'completed',
        action: { type: 'exec', command: ['ls'] },
      }),
    ];
    expect(await found(lines.join('\n'), 'a')).toEqual(lines);
    expect(await found(lines.join('\n'), 'b')).toEqual([]);
  });

  it('finds a last line without a line feed', async () => {
    expect(await found(`${message('hi')}\n${output('a')}`, 'a')).toEqual([output('a')]);
  });

  it('emits nothing for an empty file, for empty lines, and for an empty set of ids', async () => {
    expect(await found('', 'a')).toEqual([]);
    expect(await found('\n', 'a')).toEqual([]);
    expect(await found('\n\n\n', 'a')).toEqual([]);
    expect(await found(`${output('a')}\n`)).toEqual([]);
  });

  it('finds lines between empty lines', async () => {
    expect(await found(`\n\n${output('a')}\n\n${call('a')}\n\n`, 'a')).toEqual([
      output('a'),
      call('a'),
    ]);
  });

  it('finds a compaction whose history ends with a requested call', async () => {
    const kept = {
      message: '',
      replacement_history: [
        { type: 'message', role: 'user', content: 'x'.repeat(2_000) },
        JSON.parse(output('a')).payload,
      ],
    };
    const lines = [
      line('compacted', kept),
      line('compacted', { message: 'a', replacement_history: [] }),
    ];
    expect(await found(lines.join('\n'), 'a')).toEqual([lines[0]]);
  });

  it('keeps the trailing spaces that an earlier patch left', async () => {
    expect(await found(`${output('a')}   \n${call('a')} \n`, 'a')).toEqual([
      `${output('a')}   `,
      `${call('a')} `,
    ]);
  });

  it('completes at the size that the file has on subscription', async () => {
    writeFileSync(file, `${output('a')}\n`);
    const lines = lastValueFrom(callLines(file, new Set(['a'])).pipe(toArray()));
    expect(await lines).toHaveLength(1);
  });

  it('fails when the file cannot be read', async () => {
    await expect(collected(['a'])).rejects.toThrow('ENOENT');
    mkdirSync(file);
    await expect(collected(['a'])).rejects.toThrow('EISDIR');
    expect(handles()).toBe(0);
  });

  it('opens the file on subscription, and reads it again for each subscription', async () => {
    const lines$ = callLines(file, new Set(['a'])).pipe(toArray());
    writeFileSync(file, `${output('a')}\n`);
    expect(await lastValueFrom(lines$)).toHaveLength(1);
    appendFileSync(file, `${output('a', 'again')}\n`);
    expect(await lastValueFrom(lines$)).toHaveLength(2);
  });

  it('closes the file on completion and on unsubscribe', async () => {
    writeFileSync(file, `${output('a')}\n${filler(1_000)}\n`.repeat(5_000));
    await collected(['a']);
    expect(handles()).toBe(0);
    await firstValueFrom(callLines(file, new Set(['a'])));
    expect(handles()).toBe(0);
  });

  it('finds exactly the calls of the recorded rollouts', async () => {
    for (const version of recordedVersions) {
      for (const scenario of fixtures(version)) {
        const lines = read(version, scenario, 'rollout.jsonl').split('\n');
        const ids = [
          ...new Set(
            lines.flatMap((each) =>
              [...each.matchAll(/"call_id":"([^"]+)"/g)].map(([, id = '']) => id),
            ),
          ),
        ];
        const calls = lines.filter(
          (each) =>
            /"type":"response_item","payload":\{"type":"\w+_call(_output)?"/.test(each) &&
            !each.includes('web_search_call'),
        );
        expect(await found(lines.join('\n'), ...ids)).toEqual(calls);
        expect(await found(lines.join('\n'), 'call_of_another_thread')).toEqual([]);
      }
    }
  });

  it('completes when the file has lost its end meanwhile', async () => {
    writeFileSync(file, `${output('a')}\n${filler(BLOCK)}\n${output('a')}\n`);
    const line$ = callLines(file, new Set(['a'])).pipe(
      tap(() => truncateSync(file, output('a').length + 1)),
      toArray(),
    );

    const lines = await lastValueFrom(line$);
    expect(lines.map(({ offset }) => offset)).toEqual([0]);
    expect(handles()).toBe(0);
  });

  it('emits what is left of a long line when the file loses its end meanwhile', async () => {
    const own = output('a', 'x'.repeat(3 * BLOCK));
    writeFileSync(file, `${output('a')}\n${own}\n${output('a')}\n`);
    const kept = output('a').length + 1 + BLOCK + 5;
    const line$ = callLines(file, new Set(['a'])).pipe(
      tap(() => truncateSync(file, kept)),
      toArray(),
    );

    const lines = await lastValueFrom(line$);
    expect(lines.map(({ offset, bytes }) => offset + bytes.length)).toEqual([
      output('a').length,
      kept,
    ]);
  });

  it('stops in the middle of a block when unsubscribed', async () => {
    writeFileSync(file, `${output('a')}\n`.repeat(1_000));
    const emitted: number[] = [];
    const line$ = callLines(file, new Set(['a'])).pipe(
      tap(({ offset }) => emitted.push(offset)),
      mergeMap((each) => of(each)),
    );

    await firstValueFrom(line$);

    expect(emitted).toEqual([0]);
    expect(handles()).toBe(0);
  });
});

describe('callLines, by id', () => {
  it('ignores an id that a string quotes', async () => {
    const quoted = `{"call_id":"a"} ${output('a')} "call_id":"a"`;
    const lines = [
      message(quoted),
      output('b', quoted),
      call('b', quoted),
      output('b', [{ type: 'input_text', text: quoted }]),
      message('a'),
    ];
    expect(await found(`${lines.join('\n')}\n`, 'a')).toEqual([]);
  });

  it('ignores the id of an event, which the model does not see', async () => {
    const lines = [
      line('event_msg', { type: 'mcp_tool_call_end', call_id: 'a', result: {} }),
      line('event_msg', { call_id: 'a' }),
    ];
    expect(await found(`${lines.join('\n')}\n`, 'a')).toEqual([]);
  });

  it('matches whole ids only', async () => {
    const lines = [
      output('call_10'),
      output('call_'),
      output('xcall_1'),
      output('CALL_1'),
      call('call_1 '),
      output(''),
    ];
    expect(await found(`${lines.join('\n')}\n`, 'call_1')).toEqual([]);
  });

  it.each([
    'a"b',
    'a\\',
    '\\"',
    'é',
    '日本🎉',
    '\u2028',
    '\n\t',
    ' ',
    'a/b',
    '\u0000',
    '__proto__',
    '"call_id":"a"',
    'x'.repeat(600),
    'é'.repeat(2_000),
  ])('finds the id %j', async (id) => {
    const lines = [call(id), output('a'), output(id, 'x'.repeat(2_000)), call('b')];
    expect(await found(`${lines.join('\n')}\n`, id)).toEqual([
      call(id),
      output(id, 'x'.repeat(2_000)),
    ]);
    expect(await found(`${lines.join('\n')}\n`, 'a')).toEqual([output('a')]);
  });

  it('finds an id that is written with escapes', async () => {
    const escaped = output('ID').replace('ID', '\\u0061\\u00e9\\/');
    const called = call('ID').replace('ID', '\\u0061\\u00e9\\/');
    expect(await found(`${escaped}\n${called}\n`, 'aé/')).toEqual([escaped, called]);
  });

  it.each([
    ['an invalid escape', '"a\\q"'],
    ['a truncated escape', '"a\\u00"'],
    ['a raw tab beside non-ASCII text', '"é\t"'],
  ])('skips an id with %s, and finds the lines after it', async (_, id) => {
    const broken = [output('ID').replace('"ID"', id), call('ID').replace('"ID"', id)];
    expect(await found(`${broken.join('\n')}\n${output('a')}\n`, 'a')).toEqual([output('a')]);
  });

  it('skips an id in invalid UTF-8, and finds the lines after it', async () => {
    const bytes = Buffer.concat([
      Buffer.from(output('ID').split('ID')[0] ?? ''),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from(`"}}\n${output('a')}\n`),
    ]);
    expect(await found(bytes, 'a')).toEqual([output('a')]);
  });

  it('finds the lines after a torn line', async () => {
    expect(
      await found(`${output('a').slice(0, 90)}\n\u0000\u0000\n{\n${output('a')}\n`, 'a'),
    ).toContain(output('a'));
  });
});

describe('callLines, for other key orders', () => {
  const text = 'x'.repeat(2_000);
  it.each([
    [
      'the payload first',
      JSON.stringify({
        payload: { type: 'function_call_output', call_id: 'a', output: text },
        type: 'response_item',
      }),
    ],
    [
      'no timestamp',
      JSON.stringify({
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
      }),
    ],
    [
      'the ordinal last',
      JSON.stringify({
        timestamp: 't',
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
        ordinal: 7,
      }),
    ],
    ['the id last', item({ type: 'function_call_output', output: text, call_id: 'a' })],
    [
      'the type of the item last',
      item({ call_id: 'a', output: text, type: 'function_call_output' }),
    ],
    [
      'the id before the type of the item',
      item({ call_id: 'a', type: 'function_call_output', output: text }),
    ],
    [
      'the id before the type of a call',
      item({ id: 'fc_1', call_id: 'a', type: 'function_call', name: 'x', arguments: '{}' }),
    ],
    [
      'another id inside the output',
      item({
        type: 'function_call_output',
        output: { content: [{ call_id: 'b', type: 'x' }] },
        call_id: 'a',
      }),
    ],
    [
      'another id inside the action',
      item({ type: 'local_shell_call', action: { call_id: 'b' }, call_id: 'a' }),
    ],
    [
      'white space between tokens',
      output('a', text).replaceAll('":', '" : ').replaceAll(',"', ' , "'),
    ],
    [
      'a long timestamp',
      JSON.stringify({
        timestamp: 't'.repeat(450),
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
      }),
    ],
    [
      'a very long timestamp',
      JSON.stringify({
        timestamp: 't'.repeat(600),
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
      }),
    ],
    [
      'a long item id',
      item({ type: 'function_call_output', id: 'f'.repeat(600), call_id: 'a', output: text }),
    ],
  ])('finds a line with %s', async (_, own) => {
    expect(await found(`${message('hi')}\n${own}\n${call('b')}\n`, 'a')).toEqual([own]);
  });
});

describe('callLines, in blocks', () => {
  it.each([-2, -1, 0, 1, 2, 40, 200])(
    'finds a line that begins %i bytes after the end of a block',
    async (distance) => {
      const content = `${filler(BLOCK + distance)}\n${output('a')}\n${call('a')}\n${message('hi')}\n`;
      expect(await found(content, 'a')).toEqual([output('a'), call('a')]);
    },
  );

  it.each([-2, -1, 0, 1, 2])(
    'finds a line that ends %i bytes after the end of a block',
    async (distance) => {
      const own = output('a');
      const content = `${filler(BLOCK + distance - own.length - 1)}\n${own}\n${filler(500)}\n${call('a')}\n`;
      expect(await found(content, 'a')).toEqual([own, call('a')]);
      expect(await found(content.slice(0, content.indexOf(own) + own.length), 'a')).toEqual([own]);
    },
  );

  it.each([-2, -1, 0, 1, 2])(
    'finds a line that is %i bytes longer than a block',
    async (distance) => {
      const own = output('a', 'x'.repeat(BLOCK + distance - output('a', '').length - 1));
      expect(await found(`${own}\n${call('a')}\n`, 'a')).toEqual([own, call('a')]);
      expect(await found(own, 'a')).toEqual([own]);
    },
  );

  it('finds lines of many blocks, with the id at the beginning or at the end', async () => {
    const text = 'é'.repeat(2_000_000);
    const lines = [
      output('a', text),
      call('b', text),
      call('a', text),
      item({ type: 'function_call_output', output: text, call_id: 'a' }),
      output('a'),
    ];
    expect(await found(`${filler(300_000)}\n${lines.join('\n')}\n`, 'a')).toEqual(
      lines.filter((_, i) => i !== 1),
    );
  });

  it.each([-12, -9, -1, 0, 1, 9])(
    'finds a long line whose id begins %i bytes after the end of a block',
    async (distance) => {
      const own = call('a', 'x'.repeat(BLOCK + distance - call('a', '').indexOf('"call_id"')));
      expect(own.indexOf('"call_id"')).toBe(BLOCK + distance);
      expect(await found(`${own}\n${call('b', 'x'.repeat(BLOCK))}\n${output('a')}\n`, 'a')).toEqual(
        [own, output('a')],
      );
    },
  );

  it('yields to the event loop after each block, in long lines too', async () => {
    writeFileSync(file, `${filler(BLOCK)}\n${output('a', 'x'.repeat(3 * BLOCK))}\n`);
    let turns = 0;
    let turn = setImmediate(function count() {
      turns += 1;
      turn = setImmediate(count);
    });
    expect(await collected(['a'])).toHaveLength(1);
    clearImmediate(turn);
    // One block, then the search for the end of the long line, then reading the line.
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it('skips long lines of other calls, and finds the lines after them', async () => {
    const long = [
      filler(3 * BLOCK),
      output('b', 'x'.repeat(3 * BLOCK)),
      line('event_msg', { type: 'x', text: 'y'.repeat(3 * BLOCK) }),
    ];
    expect(await found(long.map((each) => `${each}\n${output('a')}\n`).join(''), 'a')).toEqual([
      output('a'),
      output('a'),
      output('a'),
    ]);
  });

  it('finds a long compaction by an id at its end', async () => {
    const history = [
      { type: 'message', content: 'x'.repeat(3 * BLOCK) },
      { type: 'function_call_output', call_id: 'a', output: 'ok' },
    ];
    const own = line('compacted', { message: '', replacement_history: history });
    expect(await found(`${own}\n${message('hi')}\n`, 'a')).toEqual([own]);
  });

  it('keeps the bytes of a line while later blocks are read', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => output('a', `${i}-${'x'.repeat(200_000)}`));
    expect(await found(lines.join('\n'), 'a')).toEqual(lines);
  });

  it('skips a line over the length limit, and finds the lines after it', async () => {
    const head = output('a', '').slice(0, -3);
    writeFileSync(file, `${call('a')}\n${head}`);
    truncateSync(file, call('a').length + 1 + MAX_LINE_BYTES + 1);
    appendFileSync(file, `\n${output('a')}\n`);
    const lines = await collected(['a']);
    expect(lines.map(({ bytes }) => bytes.toString())).toEqual([call('a'), output('a')]);
  });

  it('finds a line of exactly the length limit', async () => {
    writeFileSync(file, output('a', '').slice(0, -3));
    truncateSync(file, MAX_LINE_BYTES);
    appendFileSync(file, `\n${call('b')}\n`);
    const lines = await collected(['a']);
    expect(lines.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([[0, MAX_LINE_BYTES]]);
  });
});

describe('linesWith', () => {
  const texts = ['one', 'two'];
  const withTexts = async (content: string): Promise<string[]> => {
    writeFileSync(file, content);
    const lines = await lastValueFrom(linesWith(file, texts).pipe(toArray()));
    return lines.map(({ offset, bytes }) => `${offset} ${bytes.toString()}`);
  };

  it('emits the lines with one of the texts in file order', async () => {
    expect(await withTexts('a two\nthree\none\n\non\ne\ntwo one')).toEqual([
      '0 a two',
      '12 one',
      '22 two one',
    ]);
  });

  it('finds a text at the end of a line that is longer than a block', async () => {
    const long = `${'x'.repeat(BLOCK + 5)}two`;

    expect(await withTexts(`none\n${long}\none`)).toEqual([
      '0 none',
      `5 ${long}`,
      `${6 + long.length} one`,
    ]);
  });

  it('emits nothing for a file without the texts', async () => {
    expect(await withTexts('')).toEqual([]);
    expect(await withTexts(`${'x'.repeat(2 * BLOCK)}\ny\n`)).toEqual([]);
  });

  it('closes the file when unsubscribed', async () => {
    writeFileSync(file, 'one\n'.repeat(1_000));

    const { offset } = await firstValueFrom(linesWith(file, texts));

    expect(offset).toBe(0);
    expect(handles()).toBe(0);
  });
});
