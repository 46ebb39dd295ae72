import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { toolList } from '../../bridge/tool-list.js';
import { readExactly } from '../../lines/read-frame.js';
import { readInterruptibly } from '../../process/exit-signals.js';
import { explain, reasonOf } from '../../text/explain.js';
import { guardCodec } from '../../text/guard-codec.js';

const isCommand = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value[0] !== '' &&
  value.every((part) => typeof part === 'string' && !part.includes('\0'));
const Command = guardCodec('array of strings, the program first', isCommand);

const Tool = t.intersection(
  [
    t.type({ name: t.string, inputSchema: t.record(t.string, t.unknown, 'an object') }, 'a tool'),
    t.partial({ description: t.string, command: Command }),
  ],
  'a tool',
);
const Tools = t.array(Tool, 'an array of tools');

/** A tool of a `--tools` file. Its command runs when the model calls the tool. */
export type CommandTool = t.TypeOf<typeof Tool>;

/** Reads a `--tools` file. Left: the path of the file and why it is rejected. */
export const readTools = (file: string): Either<string, readonly CommandTool[]> => {
  try {
    return parseTools(file, readInterruptibly(file));
  } catch (error) {
    return left(`${file} cannot be read: ${reasonOf(error)}`);
  }
};

/** Parses the text of a `--tools` file; see `readTools`. */
export const parseTools = (file: string, text: string): Either<string, readonly CommandTool[]> => {
  let value: unknown;
  try {
    value = readExactly(text.replace(/^\uFEFF/, ''), [['*', 'inputSchema']]);
  } catch (error) {
    return left(`${file} is not JSON: ${reasonOf(error)}`);
  }
  const read = Tools.decode(value);
  if (isLeft(read)) return left(`${file}: ${explain(read.left)}`);
  const [refused] = toolList(read.right).refused;
  return refused === undefined
    ? right(read.right)
    : left(`${file}: the tool ${JSON.stringify(refused.name)} cannot be used: ${refused.reason}`);
};
