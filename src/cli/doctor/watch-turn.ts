import { asyncScheduler, defer, map, type Observable, reduce } from 'rxjs';
import type { BridgePorts } from '../../bridge/tool-bridge.js';
import type { Log } from '../../canonical/notice.js';
import {
  type ErrorKind,
  isTerminal,
  type Terminal,
  type TurnEvent,
} from '../../canonical/turn-event.js';
import { WHAT_A_LOGIN_SERVES } from '../../codex/events/failure.js';
import { redact } from '../../lines/redact.js';

/** What stands for the daemon in a turn of the doctor's own. */
export interface Stage {
  readonly callTool$: BridgePorts['callTool$'];
  readonly log: Log;
}

/** Runs a turn: see `runTurn`. */
export type Run = (stage: Stage) => Observable<TurnEvent>;

/** What a turn came to. */
export interface Watched {
  readonly terminal?: Terminal;
  readonly text: string;
  /** Milliseconds from the begin to the first text, and to the end. */
  readonly firstTextMs?: number;
  readonly ms: number;
  /** Outputs of tools, as codex recorded them. */
  readonly outputs: readonly string[];
  /** What the plugin would have told the daemon, from `notice` on. */
  readonly warnings: readonly string[];
}

/**
 * Runs a turn to its end. Emits once, with the completion of the turn; fails with it. Unsubscribe
 * ends it.
 */
export const watchTurn = (run: Run, callTool$: BridgePorts['callTool$']): Observable<Watched> =>
  defer(() => {
    const began = asyncScheduler.now();
    const since = (): number => asyncScheduler.now() - began;
    const warnings: string[] = [];
    const log: Log = (level, msg, fields) => {
      if (level !== 'debug' && level !== 'info')
        warnings.push(redact(fields === undefined ? msg : `${msg} ${JSON.stringify(fields)}`));
    };
    return run({ callTool$, log }).pipe(
      reduce((seen: Omit<Watched, 'ms' | 'warnings'>, event: TurnEvent) => {
        if (event.type === 'text_delta')
          return {
            ...seen,
            text: seen.text + event.text,
            firstTextMs: seen.firstTextMs ?? since(),
          };
        if (event.type === 'tool_result')
          return { ...seen, outputs: [...seen.outputs, event.output] };
        return isTerminal(event) ? { ...seen, terminal: event } : seen;
      }, NOTHING),
      map((seen) => ({ ...seen, ms: since(), warnings })),
    );
  });

const NOTHING: Omit<Watched, 'ms' | 'warnings'> = { text: '', outputs: [] };

const LOGIN = 'log codex in ("codex login") as the user of the daemon, with its CODEX_HOME';
const ACCOUNT = 'wait, or use another account or plan';
const BY_HAND = 'try the same by hand: codex exec --skip-git-repo-check "say ready"';

const steps: Readonly<Partial<Record<ErrorKind, string>>> = {
  auth: LOGIN,
  rate_limit: ACCOUNT,
  usage_limit: ACCOUNT,
  quota: ACCOUNT,
  model_unsupported: WHAT_A_LOGIN_SERVES,
  overloaded: 'try again later',
  network: 'see whether this machine reaches the provider: DNS, proxy (HTTPS_PROXY), firewall',
  config: "correct extra_args in config.json, or codex's own config.toml",
  binary: 'install codex, or set "binary" in config.json to its absolute path',
  mcp_startup:
    "see the reason: the bridge of config.json, or an MCP server that codex's config.toml calls required",
  timeout:
    'see whether this machine reaches the provider, or raise the limit that it names in config.json',
};

/** What to do after a turn that failed. */
export const stepFor = (kind: ErrorKind): string => steps[kind] ?? BY_HAND;
