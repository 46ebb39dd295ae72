import { type ServerNotification, turnOf } from './notification.js';

/** A turn of a thread, as far as codex has reported it. */
export type ThreadTurn =
  /** `turn/start` has no answer yet. A turn that starts before the answer may be ours. */
  | { readonly phase: 'requested'; readonly startedId?: string }
  /** Codex has named the turn. */
  | { readonly phase: 'accepted'; readonly turnId: string }
  /** `turn/started` has arrived. */
  | { readonly phase: 'started'; readonly turnId: string }
  /** `turn/completed` has arrived, or never will. */
  | { readonly phase: 'over'; readonly turnId?: string };

export type ThreadTurnEvent =
  | { readonly type: 'accepted'; readonly turnId: string }
  | { readonly type: 'notified'; readonly notification: ServerNotification }
  | { readonly type: 'failed' };

export const REQUESTED: ThreadTurn = { phase: 'requested' };

/** The turn after an event. An event that does not concern the turn returns the same object. */
export const nextThreadTurn = (turn: ThreadTurn, event: ThreadTurnEvent): ThreadTurn => {
  if (turn.phase === 'over') return turn;
  if (event.type === 'failed') return { phase: 'over' };
  if (event.type === 'accepted')
    return turn.phase === 'requested'
      ? { phase: turn.startedId === event.turnId ? 'started' : 'accepted', turnId: event.turnId }
      : turn;
  const { method } = event.notification;
  const turnId = turnOf(event.notification);
  if (method === 'turn/started' && turnId !== undefined) {
    if (turn.phase === 'requested') return { phase: 'requested', startedId: turnId };
    return turn.phase === 'accepted' && turn.turnId === turnId
      ? { phase: 'started', turnId }
      : turn;
  }
  return method === 'turn/completed' && turn.phase === 'started' && turn.turnId === turnId
    ? { phase: 'over', turnId }
    : turn;
};

/**
 * Whether a notification of the thread belongs to the turn. One that names no turn belongs to the
 * turn that has started.
 */
export const isOfTurn = (turn: ThreadTurn, notification: ServerNotification): boolean =>
  (turn.phase === 'started' || turn.phase === 'over') &&
  (turnOf(notification) ?? turn.turnId) === turn.turnId;
