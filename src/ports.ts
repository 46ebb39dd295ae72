import type { Observable } from 'rxjs';
import type { Log, OnNotice } from './canonical/notice.js';
import type { ImageBlock } from './canonical/turn-request.js';
import type { AppServerTurns } from './codex/app-server/app-server-turns.js';
import type { Bridge, ExecPlan } from './codex/exec/codex-run.js';
import type { RolloutMark } from './codex/rollout/rollout-mark.js';
import type { Parsed } from './lines/parse-json.js';
import type { Cancel, ProcessRun, ProcessSignal } from './process/run.js';
import type { Recorder } from './record/recorder.js';

/** Whose tools are offered, and which. */
export interface BridgePlan {
  readonly agentId: string;
  readonly workspace: string;
  readonly tools: readonly unknown[];
}

/**
 * The effects that a workflow may use. Each is a function that returns a cold Observable, so that a
 * marble test replaces it by `cold('--a')`; nothing happens before the subscription.
 */
export interface Ports extends MutatePorts {
  /** Emits what to run once and completes. Fails with `BinaryError` or `WorkspaceError`. */
  readonly codexRun$: (plan: ExecPlan) => Observable<ProcessRun>;
  /** One process of codex: see `spawnProcess`. */
  readonly codex$: (run: ProcessRun, cancel$: Observable<Cancel>) => Observable<ProcessSignal>;
  /** The app-server, where that is the transport. */
  readonly appServer?:
    | (AppServerTurns & {
        /** Whether a turn fails when it cannot start; otherwise `codex exec` runs it. */
        readonly required: boolean;
      })
    | undefined;
  /**
   * Stores the thread of the workspace and completes; emits nothing. Fails when the file cannot be
   * written.
   */
  readonly writeSession$: (workspace: string, threadId: string) => Observable<never>;
  /**
   * Emits the images as files once and completes. Does not fail. The files stay until `release`.
   */
  readonly stageImages$: (
    images: readonly ImageBlock[],
    workspace: string,
  ) => Observable<StagedImages>;
  /**
   * Opens the tool bridge for a turn: emits it once when it listens, and serves until it is
   * unsubscribed. Fails when it cannot listen. Its calls are told.
   */
  readonly bridge$: (turn: BridgePlan, onNotice?: OnNotice) => Observable<Bridge>;
  /** Told what is noticed of a turn beside its events; absent when nobody wants to know. */
  readonly onNotice?: OnNotice | undefined;
  /** Begins the record of a turn; absent when none is kept. */
  readonly record?: Recorder['begin'] | undefined;
  /** How long codex may take, and how long it has to go when it is asked to, in ms. */
  readonly deadlines: Deadlines;
  readonly graceMs: number;
  /** Bytes of the longest line of codex that is read. */
  readonly maxLineBytes: number;
  /** False while the host does not read. Emits at once; never completes. */
  readonly ready$: Observable<boolean>;
  /** Whether a turn fails when its tools cannot be offered. */
  readonly bridgeRequired: boolean;
  /**
   * Emits once where a thread stands before its turn, and completes. Of a thread without a rollout
   * all is unknown. Fails when a mutation of it was cut off and cannot be undone.
   */
  readonly rolloutMark$: (threadId: string) => Observable<RolloutMark>;
  /**
   * Emits the lines of a thread's rollout from a byte on, and completes at byte `to`, else at its
   * end. Fails when there is no rollout that can be read.
   */
  readonly rollout$: (threadId: string, from: number, to?: number) => Observable<Parsed>;
  /**
   * Emits the byte after the last whole line of a thread's rollout once, `from` when there is none
   * since, and completes; only completes when there is no rollout yet. Fails when it cannot be
   * read.
   */
  readonly rolloutEnd$: (threadId: string, from: number) => Observable<number>;
  /** Counts an event, item or record of a kind that is not known; see `CountDrift`. */
  readonly drift: CountDrift;
}

/**
 * Counts a kind that is not known, said by a version of codex. Returns whether it is new to this
 * process. Never throws.
 */
export type CountDrift = (kind: string, codex?: string) => boolean;

/** The effects of a mutation. */
export interface MutatePorts {
  /** Runs the turns and mutations of a workspace in order. */
  readonly inOrder: WorkspaceQueue;
  /** Emits the thread of the workspace once and completes. Does not fail. */
  readonly readSession$: (workspace: string) => Observable<StoredThread>;
  /**
   * Emits the rollout of a thread once, whole, and completes; only completes when there is none.
   * Fails when it cannot be read.
   */
  readonly rolloutFile$: (threadId: string) => Observable<string>;
  /** See `callLines`. */
  readonly callLines$: (file: string, ids: ReadonlySet<string>) => Observable<RolloutLine>;
  /**
   * Patches a file in place and completes, see `patchFile`. Unsubscribe undoes what was written.
   */
  readonly patchFile$: (file: string, patches: readonly Patch[]) => Observable<never>;
  readonly log: Log;
}

/** Milliseconds after which a turn is ended; 0 is never. */
export interface Deadlines {
  /** From the start of codex to its first event. */
  readonly firstEvent: number;
  /** Without an event while no tool runs. */
  readonly idle: number;
  /** Without an event while a tool or command runs. */
  readonly command: number;
  /** The whole turn, from the start of codex. */
  readonly turn: number;
}

/** The images of a turn, ready for `--image=`. */
export interface StagedImages {
  readonly paths: readonly string[];
  /** A line of text for every image that codex cannot get. */
  readonly notes: readonly string[];
  /** Removes the temporary files. Safe to call twice. */
  readonly release: () => void;
}

/** The thread of a workspace, or why there is none although there is something. */
export interface StoredThread {
  readonly threadId?: string;
  readonly complaint?: string;
}

/**
 * Runs a source when its workspace is free. `hurry$` lets it pass the queue: a cancelled turn does
 * not wait, it only has its end left to say.
 */
export type WorkspaceQueue = <T>(
  workspace: string,
  hurry$: Observable<unknown>,
  source$: Observable<T>,
  options?: Waiting,
) => Observable<T>;

export interface Waiting {
  /** Called when it has to wait, with how many wait or run for the workspace. */
  readonly onWait?: (ahead: number) => void;
  /** Whose turn it is; the workspace's own when it is not given. */
  readonly agent?: string;
  /** Work of a moment, that takes no place of a turn. */
  readonly light?: boolean;
}

/** A line of a rollout, without its line feed. */
export interface RolloutLine {
  /** Byte of the file at which it begins. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Bytes of a file to be replaced in place: `text`, then spaces, `length` bytes in all. */
export interface Patch {
  readonly offset: number;
  readonly length: number;
  readonly text: Buffer;
}
