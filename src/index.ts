export { isTerminal, noUsage } from './canonical/turn-event.js';
export type {
  ErrorKind,
  MessageEnd,
  MessageStart,
  StopReason,
  Terminal,
  TextDelta,
  ThinkingDelta,
  TurnError,
  TurnEvent,
  Usage,
} from './canonical/turn-event.js';
export { oneTerminal } from './canonical/one-terminal.js';
export { decodeEvent } from './codex/events/decode-event.js';
export { toCanonical } from './codex/events/to-canonical.js';
export { codexSignals } from './codex/exec/codex-signals.js';
export type { Cancel, CodexRun, Exited, ProcessSignal } from './codex/exec/codex-run.js';
export { spawnCodex } from './codex/exec/spawn-codex.js';
export { SpawnError } from './codex/exec/start-codex.js';
export { parseJson } from './lines/parse-json.js';
export { splitLines } from './lines/split-lines.js';
export { nodePorts } from './node-ports.js';
export type { Log, LogLevel } from './log.js';
export type { Ports } from './ports.js';
export { runTurn } from './turn/run-turn.js';
export type { Turn } from './turn/run-turn.js';
