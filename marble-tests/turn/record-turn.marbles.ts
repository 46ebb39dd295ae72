import { concat, ignoreElements, NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import type { Ports } from '../../src/ports.js';
import { recordTurn } from '../../src/turn/record-turn.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const events: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  t: { type: 'text_delta', text: 'hello' },
  F: { type: 'error', kind: 'network', message: 'no', retryable: true },
};
const turn = { agentId: 'ada', modelId: 'codex', workspace: '/w', text: 'hello' };

/** A turn that tells of its wait before it begins; `seen` are the ports that it got. */
const running = (source$: Observable<TurnEvent>) => {
  const seen: Ports[] = [];
  const run = (ports: Ports): Observable<TurnEvent> => {
    seen.push(ports);
    ports.onNotice?.({ wait: { ahead: 1 } });
    return source$;
  };
  return { seen, run };
};

const kept = () => {
  const lines: string[] = [];
  const record: Ports['record'] = (agentId) => {
    lines.push(agentId);
    return {
      write: (line) => lines.push(Object.keys(JSON.parse(line))[1] ?? '') > 0,
      end: (last) => void lines.push(`end${last}`),
    };
  };
  return { lines, record };
};

/** The transports that a record names. */
const transportsKept = () => {
  const lines: string[] = [];
  const record: Ports['record'] = () => ({
    write: (line) => lines.push(line) > 0,
    end: () => undefined,
  });
  return {
    record,
    transports: () =>
      lines
        .map((line) => JSON.parse(line))
        .flatMap(({ turn: head, transport }) => transport ?? head?.transport ?? []),
  };
};

describe('recordTurn', () => {
  it(
    'is the turn itself where no record is kept',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -M-(F|)', events);
      const subs = '         ^--!   ';
      const expected = '     -M-(F|)';
      const { ports } = fakePorts();
      const { run, seen } = running(source);

      const turn$ = recordTurn(turn, ports, run);
      expect(turn$).toBe(source);
      expect(seen[0]).toBe(ports);
      expectObservable(turn$).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['-M-(F|)', '^--!   ', ['ada', 'turn', 'wait', 'event', 'event', 'end']],
    ['|      ', '(^!)   ', ['ada', 'turn', 'wait', 'end']],
    ['-M-#   ', '^--!   ', ['ada', 'turn', 'wait', 'event', 'end']],
    ['(MF|)  ', '(^!)   ', ['ada', 'turn', 'wait', 'event', 'event', 'end']],
    ['-M-----', '^      ', ['ada', 'turn', 'wait', 'event']],
  ])('records %s, and emits its events only', (marble, subs, lines) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(marble, events);
      const keeps = kept();

      expectObservable(
        recordTurn(turn, fakePorts({ record: keeps.record }).ports, running(source).run),
      ).toBe(marble, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(keeps.lines).toEqual(lines);
    })();
  });

  it.each([
    ['exec', undefined],
    ['app-server', { turn$: () => NEVER, version: () => undefined, required: false }],
  ])('says that it is a turn of %s', (transport, appServer) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -M-(F|)', events);
      const subs = '         ^--!   ';
      const expected = '     -M-(F|)';
      const { record, transports } = transportsKept();

      expectObservable(recordTurn(turn, fakePorts({ record, appServer }).ports, () => source)).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(transports()).toEqual([transport]);
    })();
  });

  it(
    'says that exec runs it, where the app-server could not start',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const codex = cold('   --|    ');
      const source = cold('    -M-(F|)', events);
      const codexSubs = '    ^-!      ';
      const subs = '         --^--!   ';
      const expected = '     ---M-(F|)';
      const { record, transports } = transportsKept();
      const { ports } = fakePorts({
        record,
        codex$: () => codex.pipe(ignoreElements()),
        appServer: { turn$: () => NEVER, version: () => undefined, required: false },
      });
      const run = (own: Ports) =>
        concat(own.codex$(quietRun, NEVER).pipe(ignoreElements()), source);

      expectObservable(recordTurn(turn, ports, run)).toBe(expected, events);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(transports()).toEqual(['app-server', 'exec']);
    }),
  );

  it(
    'ends the record when it is unsubscribed, and begins another one with the next subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -M--(F|)      ', events);
      const unsub = '        --!           ';
      const later = '        ----^-!       ';
      const keeps = kept();
      const turn$ = recordTurn(
        turn,
        fakePorts({ record: keeps.record }).ports,
        running(source).run,
      );

      expectObservable(turn$, unsub).toBe('-M            ', events);
      expectObservable(turn$, later).toBe('-----M        ', events);
      expectSubscriptions(source.subscriptions).toBe(['^-!           ', '----^-!       ']);
      flush();
      const one = ['ada', 'turn', 'wait', 'event', 'end'];
      expect(keeps.lines).toEqual([...one, ...one]);
    }),
  );

  testUnsubscription('MtF', events, (source$) =>
    recordTurn(turn, fakePorts({ record: kept().record }).ports, () => source$),
  );
});
