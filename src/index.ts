export type { Log, LogLevel } from './canonical/notice.js';
export { oneTerminal } from './canonical/one-terminal.js';
export type {
  ContextUse,
  ErrorKind,
  MessageEnd,
  MessageStart,
  StopReason,
  Terminal,
  TextDelta,
  ThinkingDelta,
  ToolCallDelta,
  ToolCallEnd,
  ToolCallStart,
  ToolEvent,
  ToolResult,
  TurnContext,
  TurnError,
  TurnEvent,
  Usage,
} from './canonical/turn-event.js';
export { isTerminal, noUsage } from './canonical/turn-event.js';
export type { ImageBlock } from './canonical/turn-request.js';
export type { CodexEvent, ItemEvent } from './codex/events/codex-event.js';
export type { CodexItem } from './codex/events/codex-item.js';
export { type Decoded, decodeEvent, type Unrecognised } from './codex/events/decode-event.js';
export type { CodexSignal } from './codex/events/signal.js';
export { toCanonical } from './codex/events/to-canonical.js';
export type { CodexBridge, ExecPlan } from './codex/exec/codex-run.js';
export { codexSignals } from './codex/exec/codex-signals.js';
export { BinaryError } from './codex/exec/resolve-binary.js';
export type { OutputSchema } from './codex/output-schema.js';
export { readRollout } from './codex/rollout/read-rollout.js';
export { type TurnRecordsOptions, turnRecords } from './codex/rollout/turn-records.js';
export type { CodexExited, CodexRun } from './codex/run.js';
export { type Drawing, drawMarbles } from './library/draw-marbles.js';
export { RefusedError } from './library/exchange.js';
export {
  type Frame,
  type LocalHost,
  type LocalHostOptions,
  localHost,
} from './library/local-host.js';
export type { LocalTool } from './library/local-tools.js';
export { ConfigError } from './library/prepare.js';
export type { CodexOptions, TurnOptions } from './library/turn-options.js';
export { codex$, events$, turn$ } from './library/turns.js';
export type { LogMessage } from './library/wire-frames.js';
export type { Line, OverlongLine } from './lines/line.js';
export { type Malformed, type Parsed, parseJson } from './lines/parse-json.js';
export { splitLines } from './lines/split-lines.js';
export { nodePorts } from './node/ports.js';
export type { NodePortsOptions } from './node/ports-options.js';
export {
  type Config,
  defaultConfig,
  type LoadedConfig,
  loadConfig,
  parseConfig,
} from './plexum/config.js';
export { configFile, pluginDir, profileRoot } from './plexum/profile.js';
export type { MutatePorts, Ports, WorkspaceQueue } from './ports.js';
export type {
  Cancel,
  Exited,
  Expired,
  ProcessRun,
  ProcessSignal,
  Stdout,
} from './process/run.js';
export { spawnProcess as spawnCodex } from './process/spawn.js';
export { SpawnError } from './process/start.js';
export { WorkspaceError } from './process/workspace.js';
export type { Mutation } from './session/mutate-session.js';
export { type MutationReport, mutateSession } from './session/mutate-session.js';
export { runTurn, type Turn } from './turn/run-turn.js';
export { createWorkspaceQueue, QueueFullError } from './turn/workspace-queue.js';
