import type { TurnEvent } from './turn-event.js';

/** How codex runs a turn. */
export type TransportName = 'exec' | 'app-server';

/** An observation of a running turn, by its one key. `TurnRecord` is its form in a record. */
export type Notice =
  /** The turn waits in the queue of its workspace. */
  | { readonly wait: { readonly ahead: number } }
  /** The transport that runs the turn, when it is another than the configured one. */
  | { readonly transport: TransportName }
  /** The new thread begins with earlier messages of the request. */
  | {
      readonly seeded: {
        readonly messages: number;
        readonly chars: number;
        readonly left_out: number;
      };
    }
  /**
   * A JSON line of codex as it was printed. From the app-server: the line that `codex exec` would
   * print, without its texts.
   */
  | { readonly raw: unknown }
  | { readonly malformed: { readonly reason: string; readonly sample: string } }
  /** The process tree is gone. */
  | { readonly exited: { readonly code: number | null; readonly signal: string | null } }
  | { readonly event: TurnEvent }
  /** A call of a host's tool over the bridge; ids count the calls of the turn from 1. */
  | { readonly call: { readonly id: number; readonly tool: string } }
  | { readonly returned: { readonly id: number; readonly is_error: boolean } };

/** Receives each notice. Does not throw. */
export type OnNotice = (notice: Notice) => void;

export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error';

/** Sends a log message to the host. Never throws. */
export type Log = (
  level: LogLevel,
  msg: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Counts an unknown kind of a version of codex. Returns whether it is new. Never throws. */
export type CountDrift = (kind: string, codex?: string) => boolean;
