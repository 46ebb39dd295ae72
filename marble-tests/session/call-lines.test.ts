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
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../src/lines/split-lines.js';
import type { RolloutLine } from '../../src/ports.js';
import { callLines } from '../../src/session/call-lines.js';
import { fixtures, read } from '../support/fixtures.js';

const PIECE = 1024 * 1024;

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
/** A line of so many bytes, its line feed counted. */
const filler = (bytes: number): string =>
  message('x'.repeat(bytes - Buffer.byteLength(message('')) - 1));

const collected = (ids: readonly string[]): Promise<RolloutLine[]> =>
  lastValueFrom(callLines(file, new Set(ids)).pipe(toArray()));
/** The lines that are found, as text; each must lie where it says. */
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
  it('finds calls and their outputs, in order', async () => {
    const lines = [call('a'), output('b'), message('hi'), call('b'), output('a'), output('c')];
    expect(await found(`${lines.join('\n')}\n`, 'a', 'c')).toEqual([
      call('a'),
      output('a'),
      output('c'),
    ]);
  });

  it('finds every kind of call', async () => {
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

  it('finds a last line that has no line feed', async () => {
    expect(await found(`${message('hi')}\n${output('a')}`, 'a')).toEqual([output('a')]);
  });

  it('emits nothing of an empty file, of empty lines, and without ids', async () => {
    expect(await found('', 'a')).toEqual([]);
    expect(await found('\n', 'a')).toEqual([]);
    expect(await found('\n\n\n', 'a')).toEqual([]);
    expect(await found(`${output('a')}\n`)).toEqual([]);
  });

  it('finds lines among empty ones', async () => {
    expect(await found(`\n\n${output('a')}\n\n${call('a')}\n\n`, 'a')).toEqual([
      output('a'),
      call('a'),
    ]);
  });

  it('finds what a compacted line holds, at its end too', async () => {
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

  it('finds spaces behind a line, which a patch leaves', async () => {
    expect(await found(`${output('a')}   \n${call('a')} \n`, 'a')).toEqual([
      `${output('a')}   `,
      `${call('a')} `,
    ]);
  });

  it('completes at the end that the file had', async () => {
    writeFileSync(file, `${output('a')}\n`);
    const lines = lastValueFrom(callLines(file, new Set(['a'])).pipe(toArray()));
    expect(await lines).toHaveLength(1);
  });

  it('fails for a file that cannot be read', async () => {
    await expect(collected(['a'])).rejects.toThrow('ENOENT');
    mkdirSync(file);
    await expect(collected(['a'])).rejects.toThrow('EISDIR');
    expect(handles()).toBe(0);
  });

  it('does nothing before it is subscribed, and reads anew with every subscription', async () => {
    const lines$ = callLines(file, new Set(['a'])).pipe(toArray());
    writeFileSync(file, `${output('a')}\n`);
    expect(await lastValueFrom(lines$)).toHaveLength(1);
    appendFileSync(file, `${output('a', 'again')}\n`);
    expect(await lastValueFrom(lines$)).toHaveLength(2);
  });

  it('closes the file when it completes, and when it is unsubscribed', async () => {
    writeFileSync(file, `${output('a')}\n${filler(1_000)}\n`.repeat(5_000));
    await collected(['a']);
    expect(handles()).toBe(0);
    await firstValueFrom(callLines(file, new Set(['a'])));
    expect(handles()).toBe(0);
  });

  it('finds all calls of the recorded rollouts, and no other lines', async () => {
    for (const version of ['0.135.0', '0.169.0']) {
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
});

describe('callLines: an id', () => {
  it('in a text is none', async () => {
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

  it('of an event is none: the model does not see it', async () => {
    const lines = [
      line('event_msg', { type: 'mcp_tool_call_end', call_id: 'a', result: {} }),
      line('event_msg', { call_id: 'a' }),
    ];
    expect(await found(`${lines.join('\n')}\n`, 'a')).toEqual([]);
  });

  it('is found whole only', async () => {
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
  ])('may be %j', async (id) => {
    const lines = [call(id), output('a'), output(id, 'x'.repeat(2_000)), call('b')];
    expect(await found(`${lines.join('\n')}\n`, id)).toEqual([
      call(id),
      output(id, 'x'.repeat(2_000)),
    ]);
    expect(await found(`${lines.join('\n')}\n`, 'a')).toEqual([output('a')]);
  });

  it('may be written with escapes', async () => {
    const escaped = output('ID').replace('ID', '\\u0061\\u00e9\\/');
    const called = call('ID').replace('ID', '\\u0061\\u00e9\\/');
    expect(await found(`${escaped}\n${called}\n`, 'aé/')).toEqual([escaped, called]);
  });

  it.each([
    ['an escape that is none', '"a\\q"'],
    ['half an escape', '"a\\u00"'],
    ['a bare tab beside text of another script', '"é\t"'],
  ])('with %s is passed over, and what comes after it is found', async (_, id) => {
    const broken = [output('ID').replace('"ID"', id), call('ID').replace('"ID"', id)];
    expect(await found(`${broken.join('\n')}\n${output('a')}\n`, 'a')).toEqual([output('a')]);
  });

  it('in bytes that are no text is passed over, and what comes after it is found', async () => {
    const bytes = Buffer.concat([
      Buffer.from(output('ID').split('ID')[0] ?? ''),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from(`"}}\n${output('a')}\n`),
    ]);
    expect(await found(bytes, 'a')).toEqual([output('a')]);
  });

  it('in a torn line does not hide the lines after it', async () => {
    expect(
      await found(`${output('a').slice(0, 90)}\n\u0000\u0000\n{\n${output('a')}\n`, 'a'),
    ).toContain(output('a'));
  });
});

describe('callLines: other key orders', () => {
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
      'no time',
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
    ['the kind last', item({ call_id: 'a', output: text, type: 'function_call_output' })],
    ['the id before the kind', item({ call_id: 'a', type: 'function_call_output', output: text })],
    [
      'the id before the kind of a call',
      item({ id: 'fc_1', call_id: 'a', type: 'function_call', name: 'x', arguments: '{}' }),
    ],
    [
      'another id within the output',
      item({
        type: 'function_call_output',
        output: { content: [{ call_id: 'b', type: 'x' }] },
        call_id: 'a',
      }),
    ],
    [
      'another id within the action',
      item({ type: 'local_shell_call', action: { call_id: 'b' }, call_id: 'a' }),
    ],
    ['spaces', output('a', text).replaceAll('":', '" : ').replaceAll(',"', ' , "')],
    [
      'a long time',
      JSON.stringify({
        timestamp: 't'.repeat(450),
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
      }),
    ],
    [
      'a very long time',
      JSON.stringify({
        timestamp: 't'.repeat(600),
        type: 'response_item',
        payload: { type: 'function_call_output', call_id: 'a', output: text },
      }),
    ],
    [
      'a long id of its own',
      item({ type: 'function_call_output', id: 'f'.repeat(600), call_id: 'a', output: text }),
    ],
  ])('%s', async (_, own) => {
    expect(await found(`${message('hi')}\n${own}\n${call('b')}\n`, 'a')).toEqual([own]);
  });
});

describe('callLines: pieces', () => {
  it.each([-2, -1, 0, 1, 2, 40, 200])(
    'finds a line that begins %i bytes beside the end of a piece',
    async (beside) => {
      const content = `${filler(PIECE + beside)}\n${output('a')}\n${call('a')}\n${message('hi')}\n`;
      expect(await found(content, 'a')).toEqual([output('a'), call('a')]);
    },
  );

  it.each([-2, -1, 0, 1, 2])(
    'finds a line that ends %i bytes beside the end of a piece',
    async (beside) => {
      const own = output('a');
      const content = `${filler(PIECE + beside - own.length - 1)}\n${own}\n${filler(500)}\n${call('a')}\n`;
      expect(await found(content, 'a')).toEqual([own, call('a')]);
      expect(await found(content.slice(0, content.indexOf(own) + own.length), 'a')).toEqual([own]);
    },
  );

  it.each([-2, -1, 0, 1, 2])(
    'finds a long line that is %i bytes longer than a piece',
    async (beside) => {
      const own = output('a', 'x'.repeat(PIECE + beside - output('a', '').length - 1));
      expect(await found(`${own}\n${call('a')}\n`, 'a')).toEqual([own, call('a')]);
      expect(await found(own, 'a')).toEqual([own]);
    },
  );

  it('finds lines of many pieces, by their id at the beginning or at the end', async () => {
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
    'finds a long line whose id lies %i bytes beside the end of a piece',
    async (beside) => {
      const own = call('a', 'x'.repeat(PIECE + beside - call('a', '').indexOf('"call_id"')));
      expect(own.indexOf('"call_id"')).toBe(PIECE + beside);
      expect(await found(`${own}\n${call('b', 'x'.repeat(PIECE))}\n${output('a')}\n`, 'a')).toEqual(
        [own, output('a')],
      );
    },
  );

  it('takes a turn of the event loop for each piece, of a long line too', async () => {
    writeFileSync(file, `${filler(PIECE)}\n${output('a', 'x'.repeat(3 * PIECE))}\n`);
    let turns = 0;
    let turn = setImmediate(function count() {
      turns += 1;
      turn = setImmediate(count);
    });
    expect(await collected(['a'])).toHaveLength(1);
    clearImmediate(turn);
    // A piece, then the end of the long line is looked for, then it is read.
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it('passes over long lines of other calls, and finds what is behind them', async () => {
    const long = [
      filler(3 * PIECE),
      output('b', 'x'.repeat(3 * PIECE)),
      line('event_msg', { type: 'x', text: 'y'.repeat(3 * PIECE) }),
    ];
    expect(await found(long.map((each) => `${each}\n${output('a')}\n`).join(''), 'a')).toEqual([
      output('a'),
      output('a'),
      output('a'),
    ]);
  });

  it('finds a long compacted line by an id at its end', async () => {
    const history = [
      { type: 'message', content: 'x'.repeat(3 * PIECE) },
      { type: 'function_call_output', call_id: 'a', output: 'ok' },
    ];
    const own = line('compacted', { message: '', replacement_history: history });
    expect(await found(`${own}\n${message('hi')}\n`, 'a')).toEqual([own]);
  });

  it('keeps the bytes of a line while it reads on', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => output('a', `${i}-${'x'.repeat(200_000)}`));
    expect(await found(lines.join('\n'), 'a')).toEqual(lines);
  });

  it('passes over a line of more than the bound, and finds what is behind it', async () => {
    const head = output('a', '').slice(0, -3);
    writeFileSync(file, `${call('a')}\n${head}`);
    truncateSync(file, call('a').length + 1 + MAX_LINE_BYTES + 1);
    appendFileSync(file, `\n${output('a')}\n`);
    const lines = await collected(['a']);
    expect(lines.map(({ bytes }) => bytes.toString())).toEqual([call('a'), output('a')]);
  });

  it('finds a line as long as the bound', async () => {
    writeFileSync(file, output('a', '').slice(0, -3));
    truncateSync(file, MAX_LINE_BYTES);
    appendFileSync(file, `\n${call('b')}\n`);
    const lines = await collected(['a']);
    expect(lines.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([[0, MAX_LINE_BYTES]]);
  });
});
