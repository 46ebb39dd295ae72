/** Tokens of one turn. `cached_input_tokens` is a part of `input_tokens`, `reasoning_output_tokens` a part of `output_tokens`. */
export interface Usage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
}

export const noUsage: Usage = { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_output_tokens: 0 };

export type StopReason = 'end_turn' | 'cancelled';

/** Every way in which a turn can fail. The set is closed: what fits nowhere is `internal`, with its text kept. */
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

export interface MessageEnd {
  readonly type: 'message_end';
  readonly stop_reason: StopReason;
  readonly usage: Usage;
  /** Empty when the turn ended before codex named its thread. */
  readonly thread_id: string;
}

export interface TurnError {
  readonly type: 'error';
  readonly kind: ErrorKind;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds. */
  readonly retry_after_ms?: number;
}

export type Terminal = MessageEnd | TurnError;

/** What a turn sends to the host, in the order `message_start body* (message_end | error)`. */
export type TurnEvent = MessageStart | TextDelta | ThinkingDelta | Terminal;

export const isTerminal = (event: TurnEvent): event is Terminal => event.type === 'message_end' || event.type === 'error';
