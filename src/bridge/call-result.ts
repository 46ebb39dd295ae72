import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

/** Characters of a result that pass: 16 Mi. codex shows the model about 48 KB of them. */
export const MAX_RESULT_CHARS = 16 * 1024 * 1024;

/** What the model reads when a call could not be made. */
export const failed = (reason: string): CallToolResult => ({ content: [{ type: 'text', text: reason }], isError: true });

/** The host's answer as a tool result: one that is no `CallToolResult` becomes an error that says so, one that is too large is cut with a note. */
export const callResult = (answer: unknown): CallToolResult => {
  const read = CallToolResultSchema.safeParse(answer);
  if (!read.success) return failed(`the host answered with something that is no tool result: ${read.error.issues[0]?.message ?? ''}`);
  const size = JSON.stringify(read.data).length;
  return size <= MAX_RESULT_CHARS ? read.data : cut(read.data, size);
};

const cut = ({ content, isError }: CallToolResult, size: number): CallToolResult => {
  let room = MAX_RESULT_CHARS;
  const kept = content.flatMap((part) => {
    const text = part.type === 'text' ? part.text.slice(0, Math.max(0, room)) : undefined;
    room -= text?.length ?? JSON.stringify(part).length;
    if (text !== undefined) return text === '' ? [] : [{ type: 'text' as const, text }];
    return room < 0 ? [] : [part];
  });
  const note = `[cut: the result had ${size} characters, ${MAX_RESULT_CHARS} pass]`;
  return { content: [...kept, { type: 'text', text: note }], ...(isError === undefined ? {} : { isError }) };
};
