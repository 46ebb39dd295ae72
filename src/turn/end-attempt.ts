import { defer, merge, type Observable, ReplaySubject } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Expired } from '../codex/run.js';
import { codexCan } from '../codex/versions.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { emitEach } from '../streams/emit-each.js';
import { withoutShortPauses } from '../streams/without-short-pauses.js';
import { watchDeadlines } from './deadlines.js';
import type { Transport } from './transport.js';
import { type ResumedThread, watchSandbox } from './watch-sandbox.js';

interface AttemptContext extends ResumedThread {
  /** See `watchDeadlines`. */
  readonly calls$: Observable<number>;
}

/**
 * Ends codex when a deadline of the turn expires, or as soon as its rollout shows a sandbox that is
 * weaker than asked.
 *
 * Emits the signals of codex; `exited` names the deadline, or the sandbox. Completes and fails with
 * the transport. Unsubscribe unsubscribes from the transport.
 */
export const endAttempt = (
  { signals, version, asked, isToolAlive }: Transport,
  cancel$: Observable<Cancel>,
  { calls$, ...before }: AttemptContext,
  ports: Ports,
): Observable<CodexSignal> =>
  defer(() => {
    // Replayed, since a transport subscribes to its cancel more than once.
    const end$ = new ReplaySubject<Cancel>(1);
    let expired: Expired | undefined;
    let refused: string | undefined;
    const end = (): void => end$.next({ reason: 'deadline', graceMs: ports.graceMs });
    return signals(merge(cancel$, end$)).pipe(
      watchDeadlines({
        limits: ports.deadlines,
        ready$: ports.ready$.pipe(withoutShortPauses()),
        onExpired: (first) => {
          expired = first;
          end();
        },
        saysEveryEnd: () => codexCan(version(), 'saysEveryEnd'),
        calls$,
        isToolAlive,
      }),
      watchSandbox(asked, before, ports, (refusal) => {
        refused = refusal;
        end();
      }),
      emitEach<CodexSignal, CodexSignal>((signal, subscriber) => {
        const isEnded = signal.type === 'exited' && signal.cancelled?.reason === 'deadline';
        subscriber.next(isEnded ? { ...signal, expired, refused } : signal);
      }),
    );
  });
