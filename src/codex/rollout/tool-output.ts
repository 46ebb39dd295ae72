import * as t from 'io-ts';

/** The output of a tool as text. */
export interface ToolOutput {
  readonly text: string;
  readonly failed: boolean;
}

const TextPart = t.type({
  type: t.keyof({ input_text: null, output_text: null, text: null }),
  text: t.string,
});
const ImagePart = t.type({ type: t.literal('input_image'), image_url: t.string });
const TypedPart = t.type({ type: t.string });
const Structured = t.intersection([
  t.type({ content: t.unknown }),
  t.partial({ success: t.union([t.boolean, t.null]) }),
]);

/** The beginnings of outputs of failed calls (measured on 0.135 and 0.169). */
const FAILURES =
  /^(?:(?:Chunk ID: .*\n)?Wall time: .*\nProcess exited with code (?!0(?:\n|$))|Exit code: (?!0\n)|unsupported call: |failed to parse function arguments: |apply_patch verification failed: |(?:Wall time: .*\n)?aborted(?: by user.*)?$)/;

/**
 * The output of a call as text. codex writes a text, an array of parts, or an object with
 * `content`. Parts are joined by line feeds. Images and other parts are replaced by their type.
 */
export const toolOutput = (output: unknown): ToolOutput => {
  const text = orPlaceholder(() => textOf(output));
  const failed = (Structured.is(output) && output.success === false) || FAILURES.test(text);
  return { text, failed };
};

/** The text, or a placeholder for an output that is nested deeper than the stack. */
const orPlaceholder = (text: () => string): string => {
  try {
    return text();
  } catch {
    return '[an output that is nested too deep]';
  }
};

const textOf = (output: unknown): string => {
  if (typeof output === 'string') return output;
  if (Array.isArray(output)) return output.map(partOf).join('\n');
  if (Structured.is(output)) return textOf(output.content);
  return output === undefined || output === null ? '' : JSON.stringify(output);
};

const partOf = (part: unknown): string => {
  if (TextPart.is(part)) return part.text;
  if (ImagePart.is(part)) return `[image${imageSuffix(part.image_url)}]`;
  return TypedPart.is(part) ? `[${part.type}]` : JSON.stringify(part);
};

/** The media type of a data URL, otherwise the URL. */
const imageSuffix = (url: string): string => {
  const [, type] = /^data:([\w.+/-]+)/.exec(url) ?? [];
  if (type !== undefined) return `: ${type}`;
  return url.startsWith('data:') ? '' : `: ${url}`;
};
