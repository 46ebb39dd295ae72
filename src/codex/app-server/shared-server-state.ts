/** The life of a shared app-server. */
export type SharedServerState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running' }
  /** Its login was refused, or it is stuck: it ends with its last turn, and gets no new ones. */
  | { readonly phase: 'retired' }
  /** It could not start, and is not started again before `until`, in ms of the clock. */
  | { readonly phase: 'failed'; readonly error: unknown; readonly until: number };

export type SharedServerEvent =
  | { readonly type: 'requested'; readonly now: number }
  | { readonly type: 'started' }
  | { readonly type: 'loginRefused' }
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
    case 'loginRefused':
      return state.phase === 'running' ? { phase: 'retired' } : state;
    case 'failed':
      return { phase: 'failed', error: event.error, until: event.until };
    case 'ended':
      return state.phase === 'starting' || state.phase === 'running' ? IDLE : state;
  }
};
