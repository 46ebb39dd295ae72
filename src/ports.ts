import type { Observable } from 'rxjs';
import type { BridgePlan } from './bridge/tool-bridge.js';
import type { CountDrift, Log, OnNotice } from './canonical/notice.js';
import type { ImageBlock } from './canonical/turn-request.js';
import type { AppServerTurns } from './codex/app-server/app-server-turns.js';
import type { WatchLimits } from './codex/events/limit-watch.js';
import type { CodexBridge, ExecPlan } from './codex/exec/codex-run.js';
import type { Patch, RolloutLine } from './codex/rollout/patch.js';
import type { SavePicture } from './codex/rollout/picture-record.js';
import type { RolloutEnd } from './codex/rollout/read-rollout.js';
import type { RolloutMark } from './codex/rollout/rollout-mark.js';
import type { CodexRun } from './codex/run.js';
import type { StoredThread, WriteThread } from './codex/thread-id.js';
import type { Parsed } from './lines/parse-json.js';
import type { Conversation } from './plexum/conversation-settings.js';
import type { Deadlines } from './plexum/deadline-settings.js';
import type { Cancel, OnStart, ProcessSignal } from './process/run.js';
import type { Recorder } from './record/recorder.js';

/** What the operator has set for every turn: values, and no effects. */
export interface TurnSettings {
  readonly conversation: Conversation;
  readonly deadlines: Deadlines;
  /** Milliseconds between SIGINT and SIGKILL. */
  readonly graceMs: number;
  /** The longest line of codex in bytes. */
  readonly maxLineBytes: number;
  /** Whether a turn fails when its tools cannot be offered. */
  readonly bridgeRequired: boolean;
  /** `TZ` of codex's environment, in whose zone it names times of day. */
  readonly timeZone?: string | undefined;
}

/**
 * The effects that a workflow may use, and its settings. Each stream is cold, so that a marble test
 * replaces it by `cold('--a')`; nothing happens before the subscription.
 */
export interface Ports extends MutatePorts, TurnSettings {
  /** Emits the command to run once and completes. Fails with `BinaryError` or `WorkspaceError`. */
  readonly codexRun$: (plan: ExecPlan) => Observable<CodexRun>;
  /** Runs one process of codex; see `spawnProcess`. */
  readonly codex$: (
    run: CodexRun,
    cancel$: Observable<Cancel>,
    onStart?: OnStart,
  ) => Observable<ProcessSignal>;
  /** The app-server, if it is the transport. */
  readonly appServer?:
    | (AppServerTurns & {
        /** Whether a turn fails when the app-server cannot start; else `codex exec` runs it. */
        readonly required: boolean;
      })
    | undefined;
  /** Identifies the folder of the workspace, for `writeSession$`; `undefined` when it is absent. */
  readonly workspaceId?: (workspace: string) => string | undefined;
  /** Stores the thread and completes. Fails without a write when the folder is not `begun`. */
  readonly writeSession$: WriteThread;
  /** Locks the workspace for a new thread, and emits what releases it; see `lockNewThread`. */
  readonly lockNewThread$: (workspace: string) => Observable<() => void>;
  /** Completes once the workspace is a folder; fails with an error of `process/workspace.ts`. */
  readonly openWorkspace$: (workspace: string) => Observable<never>;
  /** Completes, or fails with `PictureError`: an image of a request is none. */
  readonly checkImages$: (images: readonly ImageBlock[], workspace: string) => Observable<never>;
  /** Emits the images as files once and completes. Fails as `checkImages$`. */
  readonly stageImages$: (
    images: readonly ImageBlock[],
    workspace: string,
  ) => Observable<StagedImages>;
  /**
   * Opens the tool bridge of a turn. Emits it once when it listens, and serves until it is
   * unsubscribed. Fails when it cannot listen. `onNotice` gets the start and the end of each call.
   */
  readonly bridge$: (turn: BridgePlan, onNotice?: OnNotice) => Observable<CodexBridge>;
  /** Emits the digest of the instructions that a thread has, '' for none known, and completes. */
  readonly instructionsOf$: (threadId: string) => Observable<string>;
  /** Stores that digest and completes. Fails when it cannot be written. */
  readonly noteInstructions$: (threadId: string, digest: string) => Observable<never>;
  readonly onNotice?: OnNotice | undefined;
  /** Begins the record of a turn; absent without `record_dir`. */
  readonly record?: Recorder['begin'] | undefined;
  /** False while the host does not read. Emits on subscribe; never completes. */
  readonly ready$: Observable<boolean>;
  /** Takes a thread out of codex's archive and completes. Fails when codex refuses that. */
  readonly unarchive$: (threadId: string) => Observable<never>;
  /**
   * Emits the position in a thread's rollout before the turn, or why it is unknown, and completes.
   * Waits while another process changes the rollout. Fails with `BusyError` when that lasts, and
   * when an interrupted mutation cannot be undone.
   */
  readonly rolloutMark$: (threadId: string) => Observable<RolloutMark>;
  /** Emits the lines of a rollout from byte `from` to `to` or its end. Fails when unreadable. */
  readonly rollout$: (threadId: string, from: number, to?: number) => Observable<Parsed>;
  /** Emits the end of a rollout, if there is one, and completes; see `endOfLines`. May fail. */
  readonly rolloutEnd$: (threadId: string, from: number) => Observable<RolloutEnd>;
  /** Stores a picture of the model that codex has not stored. Never throws. */
  readonly savePicture?: SavePicture | undefined;
  readonly drift: CountDrift;
  readonly watchLimits?: WatchLimits | undefined;
}

/** The effects of a mutation. */
export interface MutatePorts {
  /** Runs the turns and mutations of a workspace in FIFO order. */
  readonly inOrder: WorkspaceQueue;
  /**
   * Emits the thread of the workspace once and completes. Fails only when the machine has no
   * descriptor or memory left.
   */
  readonly readSession$: (workspace: string, agent?: string) => Observable<StoredThread>;
  /** Emits the path of a thread's rollout, if it has one, and completes. Fails if unreadable. */
  readonly rolloutFile$: (threadId: string) => Observable<string>;
  /** Runs a source while no other process may change the rollout; see `withRolloutLock`. */
  readonly lockRollout: <T>(file: string, source$: Observable<T>) => Observable<T>;
  /** See `callLines`. */
  readonly callLines$: (file: string, ids: ReadonlySet<string>) => Observable<RolloutLine>;
  /** See `linesWith`. */
  readonly linesWith$: (file: string, texts: readonly string[]) => Observable<RolloutLine>;
  /** Patches a file in place and completes; see `patchFile`. Unsubscribe undoes the patch. */
  readonly patchFile$: (file: string, patches: readonly Patch[]) => Observable<never>;
  readonly log: Log;
}

/** The images of a turn, ready for `--image=`. */
export interface StagedImages {
  readonly paths: readonly string[];
  /** A line of text for each image that codex cannot read. */
  readonly notes: readonly string[];
  /** Removes the temporary files. Safe to call twice. */
  readonly release: () => void;
}

/** Runs a source when its workspace is free, or at `hurry$`: a cancelled turn does not wait. */
export type WorkspaceQueue = <T>(
  workspace: string,
  hurry$: Observable<unknown>,
  source$: Observable<T>,
  options?: Waiting,
) => Observable<T>;

export interface Waiting {
  /** Called when the source has to wait, with the number of turns ahead in the workspace. */
  readonly onWait?: (ahead: number) => void;
  /** The agent of the turn; by default the workspace stands for it. */
  readonly agent?: string;
  /** The most turns that may run when it starts, itself included; by default that of the queue. */
  readonly limit?: number;
  /** Short work that needs no slot of a turn. */
  readonly light?: boolean;
}
