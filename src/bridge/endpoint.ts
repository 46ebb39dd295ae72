import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import type { Observable } from 'rxjs';

/** The place where codex reaches the bridge, and what it needs to get in. */
export interface Access {
  /** Keys of `mcp_servers.<name>` and their TOML values. */
  readonly server: Readonly<Record<string, string>>;
  /** Environment of codex; its shell tool gets these variables empty. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Listening {
  readonly type: 'listening';
  readonly access: Access;
}

/** A call that codex makes on behalf of the model. */
export interface ToolCall {
  readonly type: 'call';
  /** The name that codex has. */
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** codex's own id of the call, where it tells one (0.169). */
  readonly callId?: string;
  /** Emits once when codex gives the call up or is gone, at once when it did so already. */
  readonly cancelled$: Observable<unknown>;
  /** Tells codex that the call goes on, where it wants to know. */
  readonly progress: (progress: Progress) => void;
  /** What comes after the first answer, or after the cancel, goes nowhere. */
  readonly answer: (result: CallToolResult) => void;
}

/**
 * What a way into the bridge emits: `listening` once, first, then calls. It listens until it is
 * unsubscribed.
 */
export type EndpointEvent = Listening | ToolCall;

/** The variable by which codex gets the token of its turn. */
export const TOKEN = 'PLEXUM_MCP_TOKEN';

/** 256 random bits, in hexadecimal. */
export const newToken = (): string => randomBytes(32).toString('hex');

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In constant time, whatever the lengths. */
export const sameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(hash(given), hash(expected));
