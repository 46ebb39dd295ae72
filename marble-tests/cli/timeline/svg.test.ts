import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawSvg } from '../../../src/cli/timeline/svg.js';
import { timelineOf } from '../../../src/cli/timeline/timeline-of.js';
import { holds } from '../../support/fuzz.js';
import {
  anyTimeline,
  begins,
  called,
  command,
  ended,
  exited,
  failed,
  raw,
  recordedTurn,
  recordFile,
  said,
  started,
} from '../../support/records.js';
import { xmlProblem } from '../../support/well-formed-xml.js';

const svgOf = (...records: Parameters<typeof timelineOf>[0]): string =>
  drawSvg([{ name: 'turn', timeline: timelineOf(records) }]);
/** The texts of a picture, without tooltips, title and desc. */
const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);

describe('drawSvg', () => {
  it('draws the picture of the README', () => {
    expect(drawSvg([{ name: 'turn', timeline: recordedTurn('turn.jsonl') }])).toBe(
      recordFile('turn.svg'),
    );
  });

  it('draws the picture of both transports of the README', () => {
    const turns = ['exec.jsonl', 'app-server.jsonl'].map((name) => ({
      name,
      timeline: recordedTurn(name),
    }));
    expect(drawSvg(turns, 'one')).toBe(recordFile('transports.svg'));
  });

  it('draws a streamed text as one bar with separate lines and one label', () => {
    const words = ['Once', ' upon', ' a', ' time', ...Array.from({ length: 996 }, () => ' …')];
    const svg = svgOf(
      begins('Go'),
      started(0),
      ...words.map((word, nth) => said(100 + nth, word)),
      ended(1_100),
    );
    const [, bar = ''] =
      /<g><title>Once upon a time[^<]*, 1,000 pieces, 100 ms to 1.10 s<\/title>(.*?)<\/g>/.exec(
        svg,
      ) ?? [];
    const [, x = 0, width = 0] = (
      /<rect class="message thick" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(bar) ?? []
    ).map(Number);
    const lines = [...bar.matchAll(/M([\d.]+) [\d.]+v12/g)].map(([, at]) => Number(at));
    const gaps = lines.slice(1).map((at, nth) => at - (lines[nth] ?? 0));

    expect(lines.length).toBeGreaterThan(100);
    expect(gaps.filter((gap) => gap < 2.9)).toEqual([]);
    expect(lines.filter((at) => at < x || at > x + width)).toEqual([]);
    expect(textsOf(bar)).toEqual([expect.stringMatching(/^Once upon a time …/)]);
  });

  it('draws turns on one shared axis or on an axis each', () => {
    const [short, long] = [500, 1_000].map((ms) => ({
      name: `${ms}`,
      timeline: timelineOf([begins('Go'), started(0), ended(ms)]),
    }));
    const ends = (svg: string) =>
      [
        ...svg.matchAll(
          /<title>message_end end_turn[^<]*<\/title><path class="life" d="M([\d.]+)/g,
        ),
      ].map(([, x]) => Number(x));
    const turns = short === undefined || long === undefined ? [] : [short, long];
    const [own = [], one = []] = [drawSvg(turns), drawSvg(turns, 'one')].map(ends);
    expect(own[0]).toBe(own[1]);
    expect(one[1]).toBe(own[1]);
    expect((one[0] ?? 0) - 120).toBeCloseTo(((one[1] ?? 0) - 120) / 2);
  });

  it('draws a lane per kind of activity, the latencies and the tokens', () => {
    const svg = svgOf(
      begins('Go'),
      started(3),
      raw(150, 'thread.started'),
      ...command('item_0', 'npm test', 400, 1_900),
      ...called(1, 'look_up', 2_000, 2_400),
      said(2_500, 'Hello'),
      exited(2_600),
      ended(2_610),
    );
    const texts = textsOf(svg);
    for (const text of [
      'Go',
      'completed, 2.61 s',
      'codex',
      'text',
      'tools',
      'bridge',
      'turn',
      'npm test · 1.50 s',
      'look_up · 400 ms',
      'Hello',
    ]) {
      expect(texts).toContain(text);
    }
    expect(texts).toEqual(
      expect.arrayContaining([
        'first event 150 ms',
        'first text 2.50 s',
        'end 2.61 s',
        'message_end end_turn',
      ]),
    );
    expect(texts.at(-1)).toBe('tokens 12,345 in (8,000 cached) · 420 out (128 reasoning)');
    expect(texts).not.toContain('thinking');
    expect(texts).not.toContain('queue');
  });

  it.each([
    [
      'failed',
      [failed(900, 'rate_limit', 'codex: too many')],
      ['failed, 900 ms', 'rate_limit: codex: too many', 'error rate_limit'],
    ],
    ['cancelled', [ended(900, 'cancelled')], ['cancelled, 900 ms', 'message_end cancelled']],
    ['cut off', [said(900, 'Hm')], ['cut off', 'cut off after 900 ms: no terminal event']],
  ])('shows the outcome of a turn: %s', (_, end, texts) => {
    expect(textsOf(svgOf(begins('Go'), started(3), ...end))).toEqual(expect.arrayContaining(texts));
  });

  it('has no external references and no scripts', () => {
    const svg = recordFile('turn.svg');
    expect(svg).not.toMatch(/<script|\bon\w+=|href|url\(|@import|@font-face|<foreignObject/i);
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    expect(svg).toMatch(
      /<svg [^>]*role="img" aria-labelledby="title desc">\s*<title id="title">[^<]+<\/title>\s*<desc id="desc">[^<]+<\/desc>/,
    );
  });

  it('is well-formed XML for any names', () => {
    holds(
      fc.property(fc.array(anyTimeline, { minLength: 1, maxLength: 3 }), (timelines) => {
        expect(
          xmlProblem(
            drawSvg(timelines.map((timeline, nth) => ({ name: `turn ${nth + 1}`, timeline }))),
          ),
        ).toBeUndefined();
      }),
      { share: 20 },
    );
  });

  it('keeps everything within the card', () => {
    holds(
      fc.property(
        fc.array(anyTimeline, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('own', 'one'),
        (timelines, axis) => {
          const svg = drawSvg(
            timelines.map((timeline) => ({ name: 'turn', timeline })),
            axis,
          );
          const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(
            Number,
          );
          const xs = [...svg.matchAll(/ c?x="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
          const ys = [...svg.matchAll(/ c?y="(-?[\d.]+)"/g)].map(([, y]) => Number(y));
          expect(svg).not.toMatch(/NaN|Infinity|undefined/);
          expect(xs.filter((x) => x < 0 || x > width)).toEqual([]);
          expect(ys.filter((y) => y < 0 || y > height)).toEqual([]);
        },
      ),
      { share: 20 },
    );
  });
});

describe('xmlProblem', () => {
  it.each([
    '<a><b></a></b>',
    '<a>',
    '<a/><b/>',
    '<a>&x</a>',
    '<a>\u0001</a>',
    '<a b="<"/>',
    '<a>x < y</a>',
    'text',
    '<a>]]></a>',
  ])('reports a problem in %j', (xml) => {
    expect(xmlProblem(xml)).toBeDefined();
  });

  it('accepts a well-formed document', () => {
    expect(xmlProblem('<a b="c &lt;"><d/>x &amp; y</a>\n')).toBeUndefined();
  });
});
