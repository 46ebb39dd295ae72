import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

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

/** Validates the last user message only, and keeps the role of the others. */
const Messages = new t.Type<Message[], unknown, unknown>(
  'an array of messages',
  t.array(Message).is,
  (input, context) => {
    if (!Array.isArray(input)) return t.failure(input, context);
    const last = input.findLastIndex((message) => WithRole.is(message) && message.role === 'user');
    const read = input.map((message: unknown, i) => {
      const codec = i === last ? Message : WithRole;
      return codec.validate(message, t.appendContext(context, String(i), codec, message));
    });
    const errors = read.flatMap((message) => (isLeft(message) ? message.left : []));
    const messages = read.flatMap((message, i) =>
      isLeft(message) ? [] : [i === last ? message.right : { role: message.right.role }],
    );
    return errors.length > 0 ? t.failures(errors) : t.success(messages);
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
  { messages: Messages, tools: t.unknown, output_schema: t.unknown },
  'an object',
);
export type TurnRequest = t.TypeOf<typeof TurnRequest>;

export const isText = (block: Block): block is TextBlock =>
  block.type === 'text' && TextBlock.is(block);
export const isImage = (block: Block): block is ImageBlock =>
  block.type === 'image' && ImageBlock.is(block);
