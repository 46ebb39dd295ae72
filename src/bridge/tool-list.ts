import { type Tool, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ToolSpec } from '../canonical/turn-request.js';
import { toolName } from './tool-names.js';

/** The tools of a turn, as codex gets them. */
export interface ToolList {
  readonly tools: readonly Tool[];
  /** Name for codex → name of the host. */
  readonly hostNames: ReadonlyMap<string, string>;
  /** The tools that are left out, and why. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Names the tools for codex and checks their schemas. One that does not fit is left out; of two with one name the first counts. */
export const toolList = (specs: readonly ToolSpec[]): ToolList => {
  const tools: Tool[] = [];
  const hostNames = new Map<string, string>();
  const refused: { name: string; reason: string }[] = [];
  for (const { name, description, inputSchema, input_schema } of specs) {
    const codexName = toolName(name);
    const read = ToolSchema.safeParse({
      name: codexName,
      inputSchema: inputSchema ?? input_schema ?? { type: 'object' },
      ...(description === undefined ? {} : { description }),
    });
    const reason = hostNames.has(codexName) ? 'there is another tool with this name' : schemaProblem(read.error);
    if (reason !== undefined || !read.success) refused.push({ name, reason: reason ?? 'its schema is wrong' });
    else {
      tools.push(read.data);
      hostNames.set(codexName, name);
    }
  }
  return { tools, hostNames, refused };
};

const schemaProblem = (
  error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } | undefined,
): string | undefined => {
  const [issue] = error?.issues ?? [];
  return issue === undefined ? undefined : `its schema is wrong at ${issue.path.map(String).join('.')}: ${issue.message}`;
};
