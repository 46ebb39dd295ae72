import type { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import type { Ports } from '../../src/ports.js';
import { recordedTurn } from '../../src/record/recorded-turn.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';

const events: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  F: { type: 'error', kind: 'network', message: 'no', retryable: true },
};
const turn = { agentId: 'ada', modelId: 'codex', workspace: '/w', text: 'hello' };

/** A turn that tells of its wait before it begins; `seen` are the ports that it got. */
const running = (source$: Observable<TurnEvent>) => {
  const seen: Ports[] = [];
  const run = (ports: Ports): Observable<TurnEvent> => {
    seen.push(ports);
    ports.tell?.({ wait: { ahead: 1 } });
    return source$;
  };
  return { seen, run };
};

const kept = () => {
  const lines: string[] = [];
  const record: Ports['record'] = (agentId) => {
    lines.push(agentId);
    return { write: (line) => lines.push(Object.keys(JSON.parse(line))[1] ?? '') > 0, end: (last) => void lines.push(`end${last}`) };
  };
  return { lines, record };
};

describe('recordedTurn', () => {
  it('is the turn itself where no record is kept', marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('  -M-(F|)', events);
    const subs = '         ^--!   ';
    const expected = '     -M-(F|)';
    const { ports } = fakePorts();
    const { run, seen } = running(source);

    const turn$ = recordedTurn(turn, ports, run);
    expect(turn$).toBe(source);
    expect(seen[0]).toBe(ports);
    expectObservable(turn$).toBe(expected, events);
    expectSubscriptions(source.subscriptions).toBe(subs);
  }));

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

      expectObservable(recordedTurn(turn, fakePorts({ record: keeps.record }).ports, running(source).run)).toBe(marble, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(keeps.lines).toEqual(lines);
    })();
  });

  it('ends the record when it is unsubscribed, and begins another one with the next subscription', marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
    const source = cold('  -M--(F|)      ', events);
    const unsub = '        --!           ';
    const later = '        ----^-!       ';
    const keeps = kept();
    const turn$ = recordedTurn(turn, fakePorts({ record: keeps.record }).ports, running(source).run);

    expectObservable(turn$, unsub).toBe('-M            ', events);
    expectObservable(turn$, later).toBe('-----M        ', events);
    expectSubscriptions(source.subscriptions).toBe(['^-!           ', '----^-!       ']);
    flush();
    const one = ['ada', 'turn', 'wait', 'event', 'end'];
    expect(keeps.lines).toEqual([...one, ...one]);
  }));
});
