import type { Observable } from 'rxjs';
import type { AppServer } from './app-server.js';

/** An app-server that has started. */
export interface StartedServer {
  readonly server: AppServer;
  /** The version of codex. */
  readonly version: string | undefined;
}

/** The use of a shared app-server by one turn. */
export interface ServerLease extends StartedServer {
  /** Runs `work$` and keeps the app-server running meanwhile, if it has not exited. */
  readonly hold: (work$: Observable<unknown>) => Observable<unknown>;
  /** Gives later turns an app-server of their own, and ends this one with its last turn. */
  readonly retire: () => void;
}
