import { describe, expect, it } from 'vitest';
import { plain } from '../../../src/cli/timeline/paint.js';
import { drawSvg } from '../../../src/cli/timeline/svg.js';
import { drawTerminal } from '../../../src/cli/timeline/terminal.js';
import { wireTimeline } from '../../../src/cli/timeline/wire-timeline.js';
import type { WireRun } from '../../../src/record/wire-records.js';

const run: WireRun = {
  at: '2026-11-29T20:00:00.000Z',
  version: '1.2.3',
  dropped: 0,
  entries: [
    { ms: 0, from: 'host', frame: { id: 0, method: 'initialize' } },
    { ms: 10, from: 'plugin', frame: { id: 0, result: {} } },
    { ms: 20, from: 'host', frame: { id: 1, method: 'plexum/provider/stream' } },
    {
      ms: 30,
      from: 'plugin',
      frame: { method: 'x', params: { event: { type: 'message_start' } } },
    },
    { ms: 40, from: 'plugin', frame: { id: 0, method: 'plexum/host/tool/execute' } },
    { ms: 50, from: 'host', frame: { id: 0, error: { code: 1, message: 'no' } } },
    { ms: 60, from: 'host', line: 'no JSON' },
  ],
};

describe('wireTimeline', () => {
  it('draws what each side sent, and how long each request was open', () => {
    const drawn = drawTerminal(wireTimeline(run), { width: 80, name: 'wire', paint: plain });
    expect(drawn).toEqual([
      'wire: the wire, 60 ms',
      '2026-11-29T20:00:00Z · plugin 1.2.3 · 7 frames',
      '',
      ...drawn.slice(3, 6),
      expect.stringMatching(/^host +a-+c-+f-+g/),
      expect.stringMatching(/^plugin +-+b-+d-+e/),
      'requests',
      expect.stringMatching(/^· 0 initialize +━+ 10 ms$/),
      expect.stringMatching(/^· 1 plexum\/provid.* ━+╍/),
      'calls',
      expect.stringMatching(/^· 0 plexum\/host.*━+.* 10 ms, failed|10 ms, failed ━+$/),
      '',
      'host       a initialize  c plexum/provider/stream',
      '           f error to plexum/host/tool/execute  g no frame',
      'plugin     b answer to initialize  d event message_start',
      '           e plexum/host/tool/execute',
    ]);
  });

  it('draws lines in any order, as two plugins with one log leave them', () => {
    const draw = (entries: WireRun['entries']): readonly string[] =>
      drawTerminal(wireTimeline({ ...run, entries }), { width: 80, name: 'wire', paint: plain });
    expect(draw(run.entries.toReversed())).toEqual(draw(run.entries));
  });

  it('is a picture with the same lanes', () => {
    const svg = drawSvg([{ name: 'wire', timeline: wireTimeline(run) }]);
    for (const lane of ['host', 'plugin', 'requests', 'calls']) expect(svg).toContain(`>${lane}<`);
    expect(svg).not.toContain('>codex<');
  });
});
