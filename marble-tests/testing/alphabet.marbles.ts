import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { runTurn } from '../../src/index.js';
import { codexOutput, exampleTurn, fakePorts, marbles, turnEvents } from '../../src/testing.js';

describe('codexOutput and turnEvents', () => {
  const runs: [string, string, string][] = [
    ['T-S--a--C(x|)', 'M----t---(E|)', 'a turn'],
    ['T-r-a-b-C(x|)', 'M-h-t-u--(E|)', 'thoughts, and a later message'],
    ['T-n-F----(x|)', 'M--------(X|)', 'noise, and a failure'],
  ];
  it.each(runs)('turns the output %s into the events %s: %s', (codex, events) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(codex, codexOutput);
      const subs = '^--------!';
      const { ports } = fakePorts({ codex$: () => source });

      expectObservable(runTurn(exampleTurn, NEVER, ports)).toBe(events, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it('keeps the log calls of fakePorts in logs', () => {
    const { ports, logs } = fakePorts();
    ports.log('warning', 'odd');
    ports.log('info', 'more', { n: 1 });

    expect(logs).toEqual([
      { level: 'warning', msg: 'odd' },
      { level: 'info', msg: 'more', fields: { n: 1 } },
    ]);
  });
});
