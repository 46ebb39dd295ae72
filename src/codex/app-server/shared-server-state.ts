/** The life of a shared app-server. */
export type SharedServerState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running' }
  /** It is stale, stuck, or its login was refused: it gets no new turns, and ends with its last. */
  | { readonly phase: 'retired' }
  /** It could not start, and is not started again before `until`, in ms of the clock. */
  | { readonly phase: 'failed'; readonly error: unknown; readonly until: number };

export type SharedServerEvent =
  | { readonly type: 'requested'; readonly now: number }
  | { readonly type: 'started' }
  | { readonly type: 'retired' }
  /** What it read when it started has changed. */
  | { readonly type: 'changed' }
  | { readonly type: 'failed'; readonly error: unknown; readonly until: number }
  | { readonly type: 'ended' };

export const IDLE: SharedServerState = { phase: 'idle' };

/** The state after an event. An event that changes nothing returns the same object. */
export const nextSharedServer = (
  state: SharedServerState,
  event: SharedServerEvent,
): SharedServerState => {
  switch (event.type) {
    case 'requested':
      return state.phase === 'failed' && event.now < state.until ? state : { phase: 'starting' };
    case 'started':
      return state.phase === 'starting' ? { phase: 'running' } : state;
    case 'retired':
      return state.phase === 'starting' || state.phase === 'running' ? { phase: 'retired' } : state;
    case 'changed':
      return state.phase === 'failed' ? IDLE : state;
    case 'failed':
      return { phase: 'failed', error: event.error, until: event.until };
    case 'ended':
      return state.phase === 'starting' || state.phase === 'running' ? IDLE : state;
  }
};
