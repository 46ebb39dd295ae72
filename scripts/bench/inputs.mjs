// What the fake codex prints.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PINNED } from '../lib/codexes.mjs';

/**
 * @typedef {{ lines: number, chars: number, text: string }} Input `chars` and `text` as they stand
 * in JSON: the text is repeated and cut
 * @typedef {{ executable: string, bytes: number, messages: number }} FakeCodex
 */

export const ASCII =
  'The parser reads one line at a time and passes it on; nothing is kept for longer than \\"needed\\".\\n';
export const UNICODE =
  'Der Leser nimmt eine Zeile – auch „größere“ – und reicht sie weiter; l’été → 冬, nothing is kept.\\n';

/** The thread of every fake turn. */
export const THREAD = '01a1fb58-5f00-71b2-bdfb-9942064e1ca5';

const PIECE = 64 * 1024;

/** @param {string} text @param {number} chars */
const filled = (text, chars) => {
  const whole = text.repeat(Math.floor(chars / text.length));
  return whole + 'x'.repeat(chars - whole.length);
};

/** @param {Input} input */
function* pieces({ lines, chars, text }) {
  yield `{"type":"thread.started","thread_id":"${THREAD}"}\n{"type":"turn.started"}\n`;
  const piece = filled(text, Math.min(chars, PIECE));
  const rest = filled(text, chars % piece.length);
  for (let i = 0; i < lines; i += 1) {
    yield `{"type":"item.completed","item":{"id":"item_${i}","type":"agent_message","text":"`;
    for (let written = 0; written + piece.length <= chars; written += piece.length) yield piece;
    yield `${rest}"}}\n`;
  }
  yield '{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":5,"reasoning_output_tokens":0}}\n';
}

/** @param {string} file @param {Iterable<string>} texts @returns {Promise<number>} bytes */
const write = async (file, texts) => {
  const output = createWriteStream(file);
  let batch = '';
  for (const text of texts) {
    batch += text;
    if (batch.length < PIECE) continue;
    if (!output.write(batch)) await once(output, 'drain');
    batch = '';
  }
  output.end(batch);
  await once(output, 'close');
  return output.bytesWritten;
};

/**
 * An executable that prints a file as codex prints its events. @param {string} dir @param {Input}
 * input @returns {Promise<FakeCodex>}
 */
export const fakeCodex = async (dir, input) => {
  await mkdir(dir, { recursive: true });
  const printed = path.join(dir, 'stdout.jsonl');
  const executable = path.join(dir, 'codex');
  const script = [
    '#!/bin/sh',
    `[ "$1" = --version ] && exec echo "codex-cli ${PINNED}"`,
    'cat > /dev/null',
    `exec cat '${printed.replaceAll("'", `'\\''`)}'`,
    '',
  ];
  await writeFile(executable, script.join('\n'), { mode: 0o755 });
  return { executable, bytes: await write(printed, pieces(input)), messages: input.lines };
};
