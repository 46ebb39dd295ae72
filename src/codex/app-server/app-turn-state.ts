import type { Cancel } from '../../process/run.js';
import type { CodexSignal } from '../events/signal.js';
import type { CodexExited } from '../run.js';
import type { ServerExit } from './app-server.js';

interface Cancellable {
  /** The first cancel. */
  readonly cancelled?: Cancel;
}

/** One turn on an app-server. */
export type AppTurnState = Cancellable &
  (
    | { readonly phase: 'opening' }
    | { readonly phase: 'running'; readonly threadId: string }
    /** The turn has completed or failed; without a thread when it could not be opened. */
    | { readonly phase: 'over'; readonly threadId?: string; readonly isCompleted: boolean }
    /** The app-server exited before the end of the turn. */
    | { readonly phase: 'exited'; readonly threadId?: string; readonly exit: ServerExit }
  );

export type AppTurnEvent =
  | { readonly type: 'opened'; readonly threadId: string }
  | { readonly type: 'cancelled'; readonly cancel: Cancel }
  | { readonly type: 'emitted'; readonly signal: CodexSignal }
  | { readonly type: 'exited'; readonly exit: ServerExit };

export const OPENING: AppTurnState = { phase: 'opening' };

/** The turn after an event. An event that changes nothing returns the same object. */
export const nextAppTurn = (turn: AppTurnState, event: AppTurnEvent): AppTurnState => {
  switch (event.type) {
    case 'opened':
      return turn.phase === 'opening'
        ? { ...turn, phase: 'running', threadId: event.threadId }
        : turn;
    case 'cancelled':
      return turn.cancelled === undefined ? { ...turn, cancelled: event.cancel } : turn;
    case 'emitted':
      return isTerminal(event.signal) && turn.phase !== 'exited'
        ? { ...turn, phase: 'over', isCompleted: event.signal.type === 'turn.completed' }
        : turn;
    case 'exited':
      return turn.phase === 'exited' ? turn : { ...turn, phase: 'exited', exit: event.exit };
  }
};

const isTerminal = ({ type }: CodexSignal): boolean =>
  type === 'turn.completed' || type === 'turn.failed';

/** Whether the turn has come to its own end. */
export const isNormalEnd = (turn: AppTurnState): boolean =>
  turn.phase === 'over' && turn.isCompleted && turn.cancelled === undefined;

/** The thread of the turn, once it is open. */
export const threadOf = (turn: AppTurnState): string | undefined =>
  turn.phase === 'opening' ? undefined : turn.threadId;

const CLEAN_EXIT: ServerExit = { code: 0, signal: null, stderr: '' };

/** The end of the turn as the exit of a process: that of the app-server if it exited, else 0. */
export const exitOf = (turn: AppTurnState): CodexExited => {
  const exit = turn.phase === 'exited' ? turn.exit : CLEAN_EXIT;
  const isInterrupted = exit.code === 0 && turn.phase !== 'over' && turn.cancelled === undefined;
  return {
    type: 'exited',
    isCodex: true,
    ...exit,
    ...(isInterrupted ? { stderr: 'Error: the turn was interrupted' } : {}),
    ...(turn.cancelled === undefined ? {} : { cancelled: turn.cancelled }),
  };
};
