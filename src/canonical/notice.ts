import type { TurnEvent } from './turn-event.js';

/** How codex runs a turn. */
export type TransportName = 'exec' | 'app-server';

/**
 * What is noticed of a turn while it runs, by its one key; `TurnRecord` is how it is written down.
 */
export type Notice =
  /** It waits in the queue of its workspace. */
  | { readonly wait: { readonly ahead: number } }
  /** codex runs it by this transport after all. */
  | { readonly transport: TransportName }
  /**
   * A JSON line of codex, as it was printed; of the app-server what `codex exec` would have
   * printed, without the texts.
   */
  | { readonly raw: unknown }
  | { readonly malformed: { readonly reason: string; readonly sample: string } }
  /** The process tree is gone. */
  | { readonly exited: { readonly code: number | null; readonly signal: string | null } }
  | { readonly event: TurnEvent }
  /** Of the host's tools over the bridge; the ids count the calls of the turn from 1. */
  | { readonly call: { readonly id: number; readonly tool: string } }
  | { readonly returned: { readonly id: number; readonly is_error: boolean } };

/** Tells what is noticed. Does not throw. */
export type OnNotice = (what: Notice) => void;

export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error';

/** Tells the host something that is no event of a turn. Never throws. */
export type Log = (
  level: LogLevel,
  msg: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
