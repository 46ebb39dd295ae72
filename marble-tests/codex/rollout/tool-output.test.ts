import { describe, expect, it } from 'vitest';
import { toolOutput } from '../../../src/codex/rollout/tool-output.js';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const text = (words: string) => ({ type: 'input_text', text: words });
const deep = (open: string, close: string): unknown =>
  JSON.parse(open.repeat(50_000) + 'null' + close.repeat(50_000));

describe('toolOutput, as text', () => {
  it.each<[string, unknown, string]>([
    ['of a text', 'one\ntwo', 'one\ntwo'],
    ['of an empty text', '', ''],
    ['of any script', 'é日本🎉\u2028', 'é日本🎉\u2028'],
    [
      'of parts',
      [text('one'), { type: 'output_text', text: 'two' }, { type: 'text', text: 'three' }],
      'one\ntwo\nthree',
    ],
    ['of no parts', [], ''],
    [
      'of an image',
      [text('pic'), { type: 'input_image', image_url: PNG }],
      'pic\n[image: image/png]',
    ],
    [
      'of a vector image',
      [{ type: 'input_image', image_url: 'data:image/svg+xml;charset=utf-8,<svg/>' }],
      '[image: image/svg+xml]',
    ],
    [
      'of an image without a type',
      [{ type: 'input_image', image_url: 'data:;base64,AAAA' }],
      '[image]',
    ],
    [
      'of an image at a URL',
      [{ type: 'input_image', image_url: 'https://example.com/a.png' }],
      '[image: https://example.com/a.png]',
    ],
    ['of an image without a URL', [{ type: 'input_image' }], '[input_image]'],
    ['of a part of another type', [{ type: 'input_audio', data: 'AAAA' }], '[input_audio]'],
    ['of a text part without a text', [{ type: 'input_text' }], '[input_text]'],
    ['of parts that are not objects', [7, null], '7\nnull'],
    ['of an object with a text', { content: 'done', success: true }, 'done'],
    ['of an object with parts', { content: [text('one'), text('two')], success: null }, 'one\ntwo'],
    ['of an object without content', { n: 42 }, '{"n":42}'],
    ['of an object whose content is an object', { content: { n: 42 } }, '{"n":42}'],
    ['of an object whose content is null', { content: null }, ''],
    ['of a number', 42, '42'],
    ['of null', null, ''],
    ['of undefined', undefined, ''],
  ])('is the text %s', (_, output, expected) => {
    expect(toolOutput(output)).toEqual({ text: expected, failed: false });
  });

  it('never contains the bytes of an image', () => {
    const { text: words } = toolOutput({
      content: [
        text('pic'),
        { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(100_000)}` },
      ],
    });
    expect(words).toBe('pic\n[image: image/png]');
  });

  it.each([
    ['arrays', deep('[', ']')],
    ['objects', deep('{"n":', '}')],
    ['contents', deep('{"content":', '}')],
    ['parts', [deep('[', ']')]],
  ])('is a text for %s that are nested too deeply for JSON.stringify', (_, output) => {
    expect(toolOutput(output)).toEqual({ text: expect.any(String), failed: false });
  });
});

describe('toolOutput, of a failed call', () => {
  it.each([
    [
      'its process did',
      'Chunk ID: 8afb10\nWall time: 0.0000 seconds\nProcess exited with code 3\nOriginal token count: 2\nOutput:\nboom\n',
    ],
    [
      'its process did, in a chunk without an id',
      'Wall time: 0.0000 seconds\nProcess exited with code 127\nOutput:\n',
    ],
    [
      'its process was ended by a signal',
      'Wall time: 0.0000 seconds\nProcess exited with code -1\nOutput:\n',
    ],
    [
      'its process did, with a code that begins like 0',
      'Wall time: 0.0000 seconds\nProcess exited with code 01\nOutput:\n',
    ],
    [
      'its command did, as it is written for a patch or a shell command',
      'Exit code: 1\nWall time: 0 seconds\nOutput:\nboom\n',
    ],
    ['there is no such tool', 'unsupported call: update_plan'],
    [
      'its arguments were none',
      'failed to parse function arguments: key must be a string at line 1 column 2',
    ],
    [
      'its patch did not fit',
      'apply_patch verification failed: Failed to read file to update /w/missing.txt: No such file or directory (os error 2)',
    ],
    ['it was aborted, as 0.135 says it', 'aborted by user after 0.9s'],
    ['it was aborted, as 0.169 says it', 'Wall time: 0.9 seconds\naborted by user'],
    ['it was aborted, as a resumed thread says it', 'aborted'],
    ['an object says so', { content: 'done', success: false }],
    ['an object with parts says so', { content: [text('no')], success: false }],
    [
      'the first of its parts says so',
      [text('Wall time: 0.0000 seconds\nProcess exited with code 3\nOutput:'), text('boom')],
    ],
  ])('when %s', (_, output) => {
    expect(toolOutput(output).failed).toBe(true);
  });

  it.each([
    [
      'its process went well',
      'Chunk ID: 8afb10\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\nok\n',
    ],
    [
      'its process went well and there is nothing more',
      'Wall time: 0.0000 seconds\nProcess exited with code 0',
    ],
    [
      'its process still runs',
      'Chunk ID: 8afb10\nWall time: 1.0000 seconds\nProcess running with session ID 1\nOutput:\n',
    ],
    ['its patch went well', 'Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess.\n'],
    [
      'its output only quotes a failure',
      'Wall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\nProcess exited with code 3\n',
    ],
    ['its output tells of an abort later', 'the upload was\naborted by user after 0.9s'],
    ['its output tells of an unsupported call later', 'see: unsupported call: x'],
    ['it is a plan', 'Plan updated'],
    [
      'an MCP tool answered',
      [text('Wall time: 0.0043 seconds\nOutput:'), text('Process exited with code 3')],
    ],
    ['an object says nothing of it', { content: 'done', success: null }],
  ])('but not when %s', (_, output) => {
    expect(toolOutput(output).failed).toBe(false);
  });
});
