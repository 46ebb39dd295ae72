import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { ToolSpec } from '../canonical/turn-request.js';
import { inexact } from '../lines/exact-json.js';
import { wellFormed } from '../lines/well-formed.js';
import { explain, reasonOf } from '../text/explain.js';
import { schemaProblem } from './schema-problem.js';
import { toolName } from './tool-names.js';

/** A tool for codex. The schema is the host's. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: unknown;
}

/** The tools of a turn. */
export interface ToolList {
  readonly tools: readonly Tool[];
  /** The host's name by the name for codex. */
  readonly hostNames: ReadonlyMap<string, string>;
  /** The tools that codex cannot use, with the reason. */
  readonly refused: readonly Refused[];
}

interface Refused {
  readonly name: string;
  readonly reason: string;
}

/**
 * The tools of a turn, with names that codex accepts. A spec that is no `ToolSpec` or has an
 * invalid schema is refused, and so is the second of two tools with the same name.
 */
export const toolList = (specs: readonly unknown[]): ToolList => {
  const tools: Tool[] = [];
  const hostNames = new Map<string, string>();
  const refused: Refused[] = [];
  for (const given of specs) {
    const read = ToolSpec.decode(given);
    if (isLeft(read)) {
      refused.push({ name: nameOf(given), reason: explain(read.left) });
      continue;
    }
    const { name } = read.right;
    const tool = toolOf(read.right);
    if (typeof tool === 'string') refused.push({ name, reason: tool });
    else if (hostNames.has(tool.name))
      refused.push({ name, reason: 'there is another tool with this name' });
    else {
      tools.push(tool);
      hostNames.set(tool.name, name);
    }
  }
  return { tools, hostNames, refused };
};

/** The tool for codex, or the reason for its refusal. */
const toolOf = ({ name, description, inputSchema, input_schema }: ToolSpec): Tool | string => {
  try {
    const schema = wellFormed(inputSchema ?? input_schema ?? { type: 'object' });
    const problem = schemaProblem(inexact(schema));
    if (problem !== undefined) return `its schema is wrong at ${problem}`;
    return {
      name: toolName(name),
      inputSchema: schema,
      ...(description === undefined ? {} : { description: description.toWellFormed() }),
    };
  } catch (error) {
    return `its schema is wrong: ${reasonOf(error)}`;
  }
};

const Named = t.type({ name: t.string });
const nameOf = (given: unknown): string => (Named.is(given) ? given.name : '');
