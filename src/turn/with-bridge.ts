import { catchError, defer, EMPTY, map, merge, type Observable, of, tap, throwIfEmpty } from 'rxjs';
import type { BridgePlan } from '../bridge/tool-bridge.js';
import type { TurnError, TurnEvent } from '../canonical/turn-event.js';
import type { CodexBridge } from '../codex/exec/codex-run.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { during } from '../streams/during.js';
import { reasonOf } from '../text/explain.js';
import { BridgeError } from './failures.js';
import { retryOnFirstError } from './retry-on-first-error.js';

type BridgePorts = Pick<Ports, 'bridge$' | 'bridgeRequired' | 'onNotice' | 'log'>;

/**
 * Serves the host's tools to codex while a turn runs.
 *
 * Emits the events of `use$(bridge)`; the bridge is open before and closed after it. Without tools,
 * after a cancel, and when the bridge cannot be opened, emits those of `use$(undefined)`; the last
 * with a warning. So it does when codex does not start with the bridge. Completes with `use$`. A
 * bridge that breaks later costs its tools only, with a warning. With `bridgeRequired` fails with
 * `BridgeError` instead when the bridge cannot be opened. Unsubscribe unsubscribes from `use$`,
 * then closes the bridge.
 */
export const withBridge = (
  turn: BridgePlan,
  cancel$: Observable<Cancel>,
  ports: BridgePorts,
  use$: (bridge: CodexBridge | undefined) => Observable<TurnEvent>,
): Observable<TurnEvent> => {
  if (turn.tools.length === 0) return use$(undefined);
  const withoutBridge$ = ({ message }: TurnError): Observable<TurnEvent> => {
    ports.log(
      'warning',
      `codex does not start with the host's tools, so the turn continues without them: ${message}`,
    );
    return use$(undefined);
  };
  return during(
    // A cancelled turn does not wait for the bridge.
    merge(cancel$.pipe(map(() => undefined)), bridgeOrNone(turn, ports)),
    (bridge) =>
      bridge === undefined || ports.bridgeRequired
        ? use$(bridge)
        : use$(bridge).pipe(retryOnFirstError(isOfBridge, withoutBridge$)),
  );
};

/** codex does not start with a server that it cannot reach, or whose settings it cannot merge. */
const isOfBridge = ({ kind, message }: TurnError): boolean =>
  kind === 'mcp_startup' || (kind === 'config' && message.includes('mcp_servers'));

/**
 * Emits the bridge once it is open, `undefined` when it cannot be opened; unsubscribe closes it.
 */
const bridgeOrNone = (
  turn: BridgePlan,
  { bridge$, bridgeRequired, onNotice, log }: BridgePorts,
): Observable<CodexBridge | undefined> =>
  defer(() => {
    let isOpen = false;
    return bridge$(turn, onNotice).pipe(
      throwIfEmpty(() => new Error('it did not open')),
      tap(() => {
        isOpen = true;
      }),
      catchError((error: unknown) => {
        const reason = reasonOf(error);
        const message = isOpen
          ? `the tool bridge broke: ${reason}`
          : `the host's tools cannot be offered to codex: ${reason}`;
        if (bridgeRequired && !isOpen) throw new BridgeError(message, { cause: error });
        log('warning', message);
        return isOpen ? EMPTY : of(undefined);
      }),
    );
  });
