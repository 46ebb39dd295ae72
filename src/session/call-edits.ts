import type { JsonSpan, Member } from './json-span.js';
import { stringOf, valuesOf } from './json-span.js';

/**
 * How the host consumed the result of a tool call: `consume-light` replaces the output,
 * `consume-heavy` the arguments too.
 */
export type Op = 'consume-light' | 'consume-heavy';

/** A value to be replaced, and its possible replacements, longest first. The last always fits. */
export interface Edit {
  readonly span: JsonSpan;
  readonly forms: readonly string[];
}

/** A call that the host consumed, and the edits of one item that mark it as consumed. */
export interface CallEdits {
  readonly id: string;
  readonly edits: readonly Edit[];
}

/**
 * The edits that mark an item of a thread as consumed: a marker for an output, and `{}` for the
 * arguments of a call that is consumed as a whole. Nothing when the item does not belong to a call
 * in `ops`.
 */
export const callEdits = (
  bytes: Buffer,
  item: readonly Member[],
  ops: ReadonlyMap<string, Op>,
): CallEdits | undefined => {
  const kind = stringOf(bytes, item, 'type') ?? '';
  const id = stringOf(bytes, item, 'call_id');
  const op = id === undefined ? undefined : ops.get(id);
  if (id === undefined || op === undefined) return undefined;
  if (kind.endsWith('_output')) {
    const edits = valuesOf(item, 'output').map((span) => ({
      span,
      forms: markers(op, bytes[span.start] === OPEN_ARRAY),
    }));
    return { id, edits: edits.filter(holds(EMPTY_STRING)) };
  }
  const call = CALLS.get(kind);
  if (op === 'consume-light' || call === undefined) return undefined;
  const edits = valuesOf(item, call.key).map((span) => ({ span, forms: call.forms }));
  return { id, edits: edits.filter(holds(call.forms.at(-1) ?? '')) };
};

/** Whether the value of an edit is at least as long as its shortest replacement. */
const holds =
  (shortest: string) =>
  ({ span }: Edit): boolean =>
    span.end - span.start >= shortest.length;

const OPEN_ARRAY = 0x5b;
export const EMPTY_STRING = '""';
const NO_ARGUMENTS: readonly string[] = ['"{}"', EMPTY_STRING];

/** By kind of call, the key of its arguments and the replacements for them. */
const CALLS: ReadonlyMap<string, { readonly key: string; readonly forms: readonly string[] }> =
  new Map([
    ['function_call', { key: 'arguments', forms: NO_ARGUMENTS }],
    ['custom_tool_call', { key: 'input', forms: NO_ARGUMENTS }],
    // codex drops a call whose action has no command.
    ['local_shell_call', { key: 'action', forms: ['{"type":"exec","command":[]}'] }],
  ]);

const MARKER: Readonly<Record<Op, string>> = {
  'consume-light': '(consumed)',
  'consume-heavy': '(tool called)',
};

const markers = (op: Op, isArray: boolean): string[] => {
  const [full = '', ...shorter] = [`...${MARKER[op]}`, MARKER[op], '...', ''].map((text) =>
    JSON.stringify(text),
  );
  return [...(isArray ? [`[{"type":"input_text","text":${full}}]`] : []), full, ...shorter];
};
