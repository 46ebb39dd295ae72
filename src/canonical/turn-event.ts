/**
 * Tokens of one turn. `cached_input_tokens` is a part of `input_tokens`, `reasoning_output_tokens`
 * a part of `output_tokens`.
 */
export interface Usage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
}

/** The usage of a turn that used no tokens, or whose usage is unknown. */
export const noUsage: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
};

export type StopReason = 'end_turn' | 'cancelled';

/** The kinds of failure of a turn. The set is closed: any other failure is `internal`. */
export type ErrorKind =
  | 'auth'
  | 'rate_limit'
  | 'usage_limit'
  | 'quota'
  | 'context_window'
  | 'model_unsupported'
  | 'invalid_request'
  | 'overloaded'
  | 'network'
  | 'stream_interrupted'
  | 'content_filtered'
  | 'prompt_too_large'
  | 'thread_busy'
  | 'thread_lost'
  | 'config'
  | 'binary'
  | 'mcp_startup'
  | 'timeout'
  | 'process_died'
  | 'internal';

export interface MessageStart {
  readonly type: 'message_start';
  readonly model: string;
  readonly thread_id?: string;
}

export interface TextDelta {
  readonly type: 'text_delta';
  readonly text: string;
}

export interface ThinkingDelta {
  readonly type: 'thinking_delta';
  readonly text: string;
}

/** The start of a tool call of codex; `id` is codex's own call id. */
export interface ToolCallStart {
  readonly type: 'tool_call_start';
  readonly id: string;
  readonly name: string;
  /** `mcp__<server>` for an MCP tool. */
  readonly namespace?: string;
}

export interface ToolCallDelta {
  readonly type: 'tool_call_delta';
  readonly id: string;
  /** A part of the JSON text of the arguments. */
  readonly arguments: string;
}

export interface ToolCallEnd {
  readonly type: 'tool_call_end';
  readonly id: string;
}

export interface ToolResult {
  readonly type: 'tool_result';
  readonly id: string;
  readonly output: string;
  readonly is_error: boolean;
}

/** The result of a call that has none when its turn ends. */
export const missingResult = (id: string): ToolResult => ({
  type: 'tool_result',
  id,
  output: 'the turn ended before this call had an output',
  is_error: true,
});

export type ToolEvent = ToolCallStart | ToolCallDelta | ToolCallEnd | ToolResult;

/** How full the context of the model is after the last request of a turn, in tokens. */
export interface ContextUse {
  readonly used_tokens: number;
  /** The size of the context. */
  readonly window_tokens: number;
}

/** The context of the thread at the end of a turn, as far as codex has recorded it. */
export interface TurnContext {
  readonly context?: ContextUse;
  /** Present when codex has replaced the history by a summary during the turn. */
  readonly compacted?: true;
}

export interface MessageEnd extends TurnContext {
  readonly type: 'message_end';
  readonly stop_reason: StopReason;
  readonly usage: Usage;
  /** Empty when the turn ends before codex names its thread. */
  readonly thread_id: string;
}

export interface TurnError extends TurnContext {
  readonly type: 'error';
  readonly kind: ErrorKind;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds. */
  readonly retry_after_ms?: number;
  /** The usage before the failure, if codex recorded it. */
  readonly usage?: Usage;
}

export type Terminal = MessageEnd | TurnError;

/** An event of a turn. The order is `message_start body* (message_end | error)`. */
export type TurnEvent = MessageStart | TextDelta | ThinkingDelta | ToolEvent | Terminal;

/** Whether an event is the last of its turn. */
export const isTerminal = (event: TurnEvent): event is Terminal =>
  event.type === 'message_end' || event.type === 'error';
