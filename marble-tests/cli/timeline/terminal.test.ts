import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ansi, plain } from '../../../src/cli/timeline/paint.js';
import { drawTerminal, frameOf } from '../../../src/cli/timeline/terminal.js';
import { timelineOf } from '../../../src/cli/timeline/timeline-of.js';
import type { TurnRecord } from '../../../src/record/turn-record.js';
import { widthOf } from '../../../src/text/display-width.js';
import { holds } from '../../support/fuzz.js';
import {
  anyTimeline,
  begins,
  called,
  command,
  ended,
  exited,
  failed,
  item,
  raw,
  said,
  started,
  thought,
} from '../../support/records.js';

const drawn = (width: number, ...records: readonly TurnRecord[]): string =>
  `\n${drawTerminal(timelineOf(records), { width, name: 'turn', paint: plain }).join('\n')}\n`;
const codexStarts = [raw(150, 'thread.started', { thread_id: 't' }), raw(152, 'turn.started')];

describe('drawTerminal', () => {
  it('draws a short turn', () => {
    expect(
      drawn(
        70,
        begins('Hello!'),
        started(3),
        ...codexStarts,
        item(400, 'completed', 'item_0', 'reasoning', { text: '**Looking back**' }),
        thought(401, '**Looking back**'),
        item(600, 'completed', 'item_1', 'agent_message', { text: 'Hi.' }),
        said(601, 'Hi.'),
        raw(602, 'turn.completed'),
        exited(620),
        ended(624),
      ),
    ).toBe(`
turn: completed, 624 ms
"Hello!"
2026-11-21T08:00:00Z · agent ada · model codex · exec

           1 column = 13 ms
           0              200 ms         400 ms          600 ms
           ┬──────────────┬──────────────┬───────────────┬──
codex      -----------(TS)---------------a---------------(bCx)
canonical  M-----------------------------h---------------t-E

codex      T thread.started  S turn.started  a reasoning Looking back
           b message Hi.  C turn.completed  x exit 0
canonical  M message_start  h thinking_delta  t text_delta
           E message_end end_turn
times      first event 150 ms · first text 601 ms · end 624 ms
tokens     12,345 in (8,000 cached) · 420 out (128 reasoning)
`);
  });

  it('draws tools and calls over the bridge as spans', () => {
    expect(
      drawn(
        80,
        begins('Run the tests, then tell 名前 🐦.'),
        { ms: 1, wait: { ahead: 2 } },
        started(120),
        ...codexStarts,
        ...command('item_0', 'npm test', 400, 1_900),
        ...command('item_1', 'npx eslint src', 410, 900, 'failed'),
        item(2_000, 'started', 'item_2', 'mcp_tool_call', {
          server: 'plexum-host-ada',
          tool: 'send_message',
        }),
        ...called(1, 'send_message', 2_010, 2_200),
        item(2_210, 'completed', 'item_2', 'mcp_tool_call', {
          server: 'plexum-host-ada',
          tool: 'send_message',
        }),
        raw(2_500, 'turn.completed'),
        exited(2_520),
        ended(2_530),
      ),
    ).toBe(`
turn: completed, 2.53 s
"Run the tests, then tell 名前 🐦."
2026-11-21T08:00:00Z · agent ada · model codex · exec

                  1 column = 47 ms
                  0         500 ms     1 s       1.5 s      2 s        2.5 s
                  ┬─────────┬──────────┬─────────┬──────────┬──────────┬
codex             ---(TS)-(ab)-------b--------------------a-c----c-----(Cx)
canonical         --M--------------------------------------------------E
queue 2 ahead     ━━━ 119 ms
tools
a npm test                ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1.50 s
b npx eslint src          ━━━━━━━━━━━━ 490 ms, failed
bridge
· send_message                                              ━━━━━ 190 ms

codex      T thread.started  S turn.started  a command npm test
           b command npx eslint src  c tool send_message  C turn.completed
           x exit 0
canonical  M message_start  E message_end end_turn
times      waited 119 ms · first event 150 ms · end 2.53 s
tokens     12,345 in (8,000 cached) · 420 out (128 reasoning)
`);
  });

  it('draws each delta of a streamed text', () => {
    expect(
      drawn(
        70,
        begins('Hello!'),
        started(3),
        ...codexStarts,
        item(200, 'started', 'msg', 'agent_message', { streamed: '' }),
        ...Array.from({ length: 20 }, (_, nth) => said(201 + nth * 20, nth === 0 ? 'Hi. ' : '…')),
        item(600, 'completed', 'msg', 'agent_message', { streamed: 'Hi. …' }),
        raw(602, 'turn.completed'),
        exited(620),
        ended(624),
      ),
    ).toBe(`
turn: completed, 624 ms
"Hello!"
2026-11-21T08:00:00Z · agent ada · model codex · exec

           1 column = 13 ms
           0              200 ms         400 ms          600 ms
           ┬──────────────┬──────────────┬───────────────┬──
codex      -----------(TS)a------------------------------(aCx)
canonical  M--------------t-tt-tt-tt-tt-tt-tt-t-tt-tt-tt---E

codex      T thread.started  S turn.started  a message Hi. …
           C turn.completed  x exit 0
canonical  M message_start  t text_delta ×20  E message_end end_turn
times      first event 150 ms · first text 201 ms · end 624 ms
tokens     12,345 in (8,000 cached) · 420 out (128 reasoning)
`);
  });

  it('draws turns on one shared axis with labels of one width', () => {
    const [a, b] = [[said(500, 'a'), ...command('c', 'sleep 0.1', 100, 200)], [said(900, 'b')]].map(
      (lines) => timelineOf([begins('Go'), ...lines]),
    );
    const among = a === undefined || b === undefined ? [] : [a, b];
    const marks = among.map((timeline) =>
      drawTerminal(timeline, { width: 60, name: 'turn', paint: plain, frame: frameOf(among, 60) })
        .find((line) => line.startsWith('canonical'))
        ?.indexOf('t'),
    );
    expect(marks.map((at = 0) => at - 13)).toEqual([20, 37]);
  });

  it('folds the idle stretches of a turn of two hours', () => {
    expect(
      drawn(
        80,
        begins('Deploy'),
        started(3),
        ...codexStarts,
        ...command('item_0', './deploy.sh', 700, 7_200_000),
        exited(7_201_000),
        ended(7_201_010),
      ),
    ).toBe(`
turn: completed, 2 h 00 min
"Deploy"
2026-11-21T08:00:00Z · agent ada · model codex · exec

               1 column = 41 ms, ≈ folds 2 h 00 min
               0           500 ms              2:00:00.0   2:00:00.5   2:00:01.0
               ┬───────────┬───────────≈───────┬───────────┬───────────┬
codex          ---(TS)----------a------≈-------a-----------------------x
canonical      M-----------------------≈-------------------------------E
tools
a ./deploy.sh                   ━━━━━━━≈━━━━━━━━ 2 h 00 min

codex      T thread.started  S turn.started  a command ./deploy.sh  x exit 0
canonical  M message_start  E message_end end_turn
times      first event 150 ms · end 2 h 00 min
tokens     12,345 in (8,000 cached) · 420 out (128 reasoning)
`);
  });

  it('shows why a turn failed and counts malformed lines', () => {
    expect(
      drawn(
        60,
        begins('What is new?'),
        started(3),
        ...codexStarts,
        { ms: 300, malformed: { reason: 'not JSON', sample: 'x' } },
        raw(900, 'turn.failed', { error: { message: 'x' } }),
        exited(920, 1),
        failed(921, 'rate_limit', 'codex: Rate limit reached.'),
        { ms: 921, dropped: { lines: 3 } },
      ),
    ).toBe(`
turn: failed, 921 ms
rate_limit: codex: Rate limit reached.
"What is new?"
2026-11-21T08:00:00Z · agent ada · model codex · exec

           1 column = 23 ms
           0                    500 ms
           ┬────────────────────┬───────────────────
codex      ------(TS)---?-------------------------Fx
canonical  M---------------------------------------X

codex      T thread.started  S turn.started
           ? malformed line  F turn.failed  x exit 1
canonical  M message_start  X error rate_limit
times      first event 150 ms · end 921 ms
codex printed a line that was no event (?)
the record lacks 3 lines that could not be written in time
`);
  });

  it('extends a turn without a terminal event to the end of its record', () => {
    expect(
      drawn(
        60,
        begins('Wait'),
        started(3),
        ...codexStarts,
        ...command('item_0', 'sleep 60', 500, 9_000).slice(0, 1),
        said(2_000, 'Hm'),
      ),
    ).toBe(`
turn: cut off after 2.00 s: no terminal event
"Wait"
2026-11-21T08:00:00Z · agent ada · model codex · exec

            1 column = 50 ms
            0         500 ms    1 s       1.5 s     2 s
            ┬─────────┬─────────┬─────────┬─────────┬
codex       ---(TS)---a-----------------------------
canonical   M---------------------------------------t
tools
a sleep 60            ━━━━━━━━━━━━━ 1.50 s, no end ━╍

codex      T thread.started  S turn.started
           a command sleep 60
canonical  M message_start  t text_delta
times      first event 150 ms · first text 2.00 s
`);
  });

  it('draws a turn without events and a turn without its beginning', () => {
    expect(drawn(60, begins('Nothing'))).toBe(`
turn: cut off after 0 ms: no terminal event
"Nothing"
2026-11-21T08:00:00Z · agent ada · model codex · exec

           1 column = 1 ms
           0
           ┬
codex
canonical
`);
    expect(drawn(60, said(5, 'Hi'), ended(9))).toBe(`
turn: completed, 9 ms
the record has lost the beginning of this turn

           1 column = 0.22 ms
           0        2 ms     4 ms     6 ms     8 ms
           ┬────────┬────────┬────────┬────────┬────
codex
canonical  ----------------------t-----------------E

canonical  t text_delta  E message_end end_turn
times      first text 5 ms · end 9 ms
tokens     12,345 in (8,000 cached)
           420 out (128 reasoning)
`);
  });

  it('draws 5,000 events with a letter per kind and rows for the longest tools', () => {
    const steps = Array.from({ length: 1_250 }, (_, nth) => [
      ...command(`c${nth}`, `echo ${nth}`, nth * 1_000, nth * 1_000 + (nth % 100)),
      item(nth * 1_000 + 200, 'completed', `m${nth}`, 'agent_message', { text: 'm' }),
      said(nth * 1_000 + 201, 'm'),
    ]);
    expect(
      drawn(80, begins('Long'), started(0), ...steps.flat(), exited(1_250_000), ended(1_250_001)),
    ).toBe(`
turn: completed, 20 min 50 s
"Long"
2026-11-21T08:00:00Z · agent ada · model codex · exec

             1 column = 22 s
             0            5 min         10 min       15 min        20 min
             ┬────────────┬─────────────┬────────────┬─────────────┬──
codex        (ccmc+721m)(ccmc+721m)(ccmc+721m)(ccmc+721m)(ccmc+721m)(ccmc+116x)
canonical    (Mttt+238t)(tttt+237t)(tttt+237t)(tttt+237t)(tttt+237t)(tttt+36E)
tools
c echo 99        ━ 99 ms
c echo 199            ━ 99 ms
c echo 299                ━ 99 ms
c echo 399                     ━ 99 ms
c echo 499                         ━ 99 ms
c echo 599                              ━ 99 ms
c echo 699                                  ━ 99 ms
c echo 799                                       ━ 99 ms
c echo 899                                           ━ 99 ms
c echo 999                                                ━ 99 ms
c echo 1099                                                   ━ 99 ms
c echo 1199                                                        ━ 99 ms
… 1,238 shorter ones, together 59.4 s

codex      c command ×1,250  m message ×1,250  x exit 0
canonical  M message_start  t text_delta ×1,250  E message_end end_turn
times      first event 0 ms · first text 201 ms · end 20 min 50 s
tokens     12,345 in (8,000 cached) · 420 out (128 reasoning)
`);
  });

  it.each([40, 60, 80, 120, 200])('is never wider than %s columns', (width) => {
    holds(
      fc.property(anyTimeline, fc.array(anyTimeline, { maxLength: 2 }), (timeline, others) => {
        const frame = frameOf([timeline, ...others], width);
        const lines = drawTerminal(timeline, { width, name: 'turn 1 of 2', paint: plain, frame });
        expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
        expect(lines.filter((line) => /[\p{Cc}\p{Cf}\p{Cs}\n]/u.test(line))).toEqual([]);
      }),
      { share: 50 },
    );
  });

  it('draws the same text with and without colours', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const [coloured, bare] = [ansi, plain].map((paint) =>
          drawTerminal(timeline, { width: 80, name: 'turn', paint }),
        );
        expect(coloured?.map((line) => line.replace(/\u001B\[\d+m/g, '').trimEnd())).toEqual(bare);
      }),
      { share: 20 },
    );
  });
});
