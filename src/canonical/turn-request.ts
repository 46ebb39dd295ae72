import { isLeft, map } from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as t from 'io-ts';
import { dropNulls } from './drop-nulls.js';

const TextBlock = t.type({ type: t.literal('text'), text: t.string });

const ImageBlock = t.intersection([
  t.type({ type: t.literal('image') }),
  t.partial({ url: t.string, data_base64: t.string, path: t.string, media_type: t.string }),
]);

/**
 * An image of the user, in one of `url` (http, data or file), `data_base64` and `path` (a local
 * file).
 */
export type ImageBlock = t.TypeOf<typeof ImageBlock>;

/** A block that this provider ignores: a tool call, a tool result, thinking, or a later type. */
const OtherBlock = t.type({ type: t.string });

/** The codecs of the blocks that this provider reads, by `type`. */
const blocks: ReadonlyMap<string, t.Decoder<unknown, TextBlock | ImageBlock>> = new Map<
  string,
  t.Decoder<unknown, TextBlock | ImageBlock>
>([
  ['text', TextBlock],
  ['image', ImageBlock],
]);

type TextBlock = t.TypeOf<typeof TextBlock>;
export type Block = TextBlock | ImageBlock | t.TypeOf<typeof OtherBlock>;

const Block = new t.Type<Block, unknown, unknown>(
  'a block',
  OtherBlock.is,
  (input, context) => {
    const codec = OtherBlock.is(input) ? (blocks.get(input.type) ?? OtherBlock) : OtherBlock;
    // The error message names the chosen codec.
    return codec.validate(input, [
      ...context.slice(0, -1),
      { key: context.at(-1)?.key ?? '', type: codec },
    ]);
  },
  t.identity,
);

const Content = t.union(
  [t.string, t.array(Block, 'an array of blocks')],
  'a string or an array of blocks',
);
const WithRole = t.type({ role: t.string });
const Message = t.intersection([WithRole, t.partial({ content: Content })], 'a message');
export type Message = t.TypeOf<typeof Message>;

/** The messages of a request, as the host sent them. */
export interface Messages {
  /** The last message of the user, from which the prompt is made. */
  readonly last?: Message;
  /** The messages before it. They are not validated: a host sends all of them in every turn. */
  readonly earlier: readonly unknown[];
}

const isMessages = (value: unknown): value is Messages =>
  t.type({ earlier: t.UnknownArray }).is(value);

/** The fields of a block are three levels below its message, and their own fields four. */
const LEVELS = 4;

/** Validates the last user message; without one, the roles. */
const Messages = new t.Type<Messages, unknown, unknown>(
  'an array of messages',
  isMessages,
  (input, context) => {
    if (!Array.isArray(input)) return t.failure(input, context);
    const all: readonly unknown[] = input;
    const at = all.findLastIndex((message) => WithRole.is(message) && message.role === 'user');
    const entry = (codec: t.Mixed, i: number, message: unknown) =>
      t.appendContext(context, String(i), codec, message);
    if (at === -1) {
      const roles = all.map((message, i) =>
        WithRole.validate(message, entry(WithRole, i, message)),
      );
      const errors = roles.flatMap((read) => (isLeft(read) ? read.left : []));
      return errors.length > 0 ? t.failures(errors) : t.success({ earlier: all });
    }
    const message = dropNulls(all[at], LEVELS);
    return pipe(
      Message.validate(message, entry(Message, at, message)),
      map((last) => ({ last, earlier: all.slice(0, at) })),
    );
  },
  t.identity,
);

/** A tool of the host, by the host's name. codex gets its JSON Schema unchanged. */
export const ToolSpec = t.intersection(
  [
    t.type({ name: t.string }),
    t.partial({ description: t.string, inputSchema: t.unknown, input_schema: t.unknown }),
  ],
  'a tool',
);
export type ToolSpec = t.TypeOf<typeof ToolSpec>;

/**
 * The request of a turn. Unknown blocks and fields are ignored; `toolList` drops an invalid tool.
 */
export const TurnRequest = t.partial(
  { messages: Messages, tools: t.unknown, system: t.unknown, output_schema: t.unknown },
  'an object',
);
export type TurnRequest = t.TypeOf<typeof TurnRequest>;

export const isText = (block: Block): block is TextBlock =>
  block.type === 'text' && TextBlock.is(block);
export const isImage = (block: Block): block is ImageBlock =>
  block.type === 'image' && ImageBlock.is(block);
