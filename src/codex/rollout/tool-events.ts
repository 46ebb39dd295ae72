import type { ToolEvent } from '../../canonical/turn-event.js';
import type { Call, Output } from './rollout-record.js';
import { toolOutput } from './tool-output.js';

/** The events of a call: its start, one delta with all arguments, its end. */
export const callEvents = (call: Call): ToolEvent[] => {
  const id = call.call_id;
  const { name, namespace, args } = partsOf(call);
  return [
    {
      type: 'tool_call_start',
      id,
      name,
      ...(typeof namespace === 'string' ? { namespace } : {}),
    },
    { type: 'tool_call_delta', id, arguments: args },
    { type: 'tool_call_end', id },
  ];
};

/** The event of an output. `failed`: codex has reported the call as failed. */
export const outputEvent = ({ call_id, output }: Output, failed: boolean): ToolEvent => {
  const result = toolOutput(output);
  return {
    type: 'tool_result',
    id: call_id,
    output: result.text,
    is_error: result.failed || failed,
  };
};

interface CallParts {
  readonly name: string;
  readonly namespace?: string | null | undefined;
  /** JSON text. */
  readonly args: string;
}

const partsOf = (call: Call): CallParts => {
  switch (call.type) {
    case 'function_call':
      return { name: call.name, namespace: call.namespace, args: call.arguments };
    case 'custom_tool_call':
      // Its input is plain text.
      return {
        name: call.name,
        namespace: call.namespace,
        args: JSON.stringify({ input: call.input }),
      };
    case 'local_shell_call':
      return { name: 'local_shell', args: JSON.stringify(call.action) };
  }
};
