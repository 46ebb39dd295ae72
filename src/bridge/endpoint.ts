import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import type { Observable } from 'rxjs';

/** How codex reaches the bridge: the address and the token. */
export interface Access {
  /** The keys of `mcp_servers.<name>` with their TOML values. */
  readonly server: Readonly<Record<string, string>>;
  /** Environment variables for codex. They are empty in codex's shell tool. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Listening {
  readonly type: 'listening';
  readonly access: Access;
}

/** A tool call of the model, made by codex. */
export interface ToolCall {
  readonly type: 'call';
  /** The tool's name in codex. */
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** codex's own id of the call; codex 0.169 sends it. */
  readonly callId?: string;
  /** Emits once when codex cancels the call or disconnects; replays that to late subscribers. */
  readonly cancelled$: Observable<unknown>;
  /** Reports progress to codex, if codex asked for it. */
  readonly progress: (progress: Progress) => void;
  /** Answers the call. A second answer, or an answer after the cancel, is ignored. */
  readonly answer: (result: CallToolResult) => void;
}

/** An endpoint emits `listening` once, then calls. It listens until it is unsubscribed. */
export type EndpointEvent = Listening | ToolCall;

/** The environment variable with the token of the turn. */
export const TOKEN = 'PLEXUM_MCP_TOKEN';

/** A new token: 256 random bits, in hexadecimal. */
export const newToken = (): string => randomBytes(32).toString('hex');

/** A new path that nobody can guess. */
export const newPath = (): string => `/mcp/${randomBytes(16).toString('hex')}`;

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares two secrets in constant time, whatever their lengths. */
export const sameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(hash(given), hash(expected));
