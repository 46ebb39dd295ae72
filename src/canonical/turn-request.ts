import * as t from 'io-ts';

const TextBlock = t.type({ type: t.literal('text'), text: t.string });

const ImageBlock = t.intersection([
  t.type({ type: t.literal('image') }),
  t.partial({ url: t.string, data_base64: t.string, path: t.string, media_type: t.string }),
]);

/** An image of the user: one of `url` (http, data or file), `data_base64` and `path` (a file of this machine). */
export type ImageBlock = t.TypeOf<typeof ImageBlock>;

/** A block that this provider does not read: tool calls, tool results, thinking, and whatever comes later. */
const OtherBlock = t.type({ type: t.string });

/** The codecs of the blocks that are read, by their `type`: any other block is passed over. */
const blocks: ReadonlyMap<string, t.Decoder<unknown, TextBlock | ImageBlock>> = new Map<string, t.Decoder<unknown, TextBlock | ImageBlock>>([
  ['text', TextBlock],
  ['image', ImageBlock],
]);

type TextBlock = t.TypeOf<typeof TextBlock>;
export type Block = TextBlock | ImageBlock | t.TypeOf<typeof OtherBlock>;

const Block = new t.Type<Block, unknown, unknown>(
  'Block',
  OtherBlock.is,
  (input, context) => (OtherBlock.is(input) ? (blocks.get(input.type) ?? OtherBlock).validate(input, context) : OtherBlock.validate(input, context)),
  t.identity,
);

const Message = t.intersection([t.type({ role: t.string }), t.partial({ content: t.union([t.string, t.array(Block)]) })]);
export type Message = t.TypeOf<typeof Message>;

/** What the host asks of the model. Unknown blocks and fields are ignored, never an error. */
export const TurnRequest = t.partial({ messages: t.array(Message) });
export type TurnRequest = t.TypeOf<typeof TurnRequest>;

export const isText = (block: Block): block is TextBlock => block.type === 'text' && TextBlock.is(block);
export const isImage = (block: Block): block is ImageBlock => block.type === 'image' && ImageBlock.is(block);
