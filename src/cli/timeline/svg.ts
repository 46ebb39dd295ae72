import { printableLine } from '../../text/printable.js';
import { timelineScopeOf } from './axis.js';
import type { Timeline } from './model.js';
import { element, xmlText } from './svg-element.js';
import { panel } from './svg-panel.js';
import { STYLE } from './svg-style.js';
import { aboutParts, figureTexts, outcomeText, tokenTexts } from './words.js';

/** A turn and its name: `turn 2 of 3`. */
export interface NamedTimeline {
  readonly name: string;
  readonly timeline: Timeline;
}

/** Px. */
const WIDTH = 960;
const BETWEEN = 16;

/**
 * Draws turns below one another as one SVG document: well-formed XML without scripts, fonts or
 * other external parts. It follows the colour scheme of its reader, with light as the default.
 * `axis`: each turn has its own axis, or all turns share one.
 */
export const drawSvg = (turns: readonly NamedTimeline[], axis: 'own' | 'one' = 'own'): string => {
  const all = timelineScopeOf(turns.map(({ timeline }) => timeline));
  let height = 0;
  const panels = turns.map(({ name, timeline }) => {
    const drawn = panel(timeline, name, WIDTH, axis === 'one' ? all : timelineScopeOf([timeline]));
    const placed = element('g', { transform: `translate(0 ${Math.round(height)})` }, drawn.xml);
    height += drawn.height + BETWEEN;
    return placed;
  });
  const size = { width: WIDTH, height: Math.ceil(Math.max(0, height - BETWEEN)) };
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: 'img',
    'aria-labelledby': 'title desc',
  };
  const title = element('title', { id: 'title' }, xmlText(titleOf(turns)));
  const desc = element('desc', { id: 'desc' }, xmlText(turns.map(descriptionOf).join(' ')));
  return `${element('svg', root, `\n${title}\n${desc}\n`, element('style', {}, STYLE), '\n', panels.join('\n'), '\n')}\n`;
};

const titleOf = ([first, ...others]: readonly NamedTimeline[]): string => {
  const text = printableLine(first?.timeline.head?.text ?? '');
  return others.length > 0
    ? `Marble diagrams of ${others.length + 1} turns of codex`
    : `Marble diagram of a turn of codex${text === '' ? '' : `: ${text}`}`;
};

/** The turn in words, for screen readers. */
const descriptionOf = ({ name, timeline }: NamedTimeline): string => {
  const { outcome, tools, bridge, figures } = timeline;
  const parts = [
    `${name}: ${outcomeText(timeline)}`,
    ...(outcome.reason === undefined ? [] : [outcome.reason]),
    ...aboutParts(timeline),
    ...figureTexts(figures),
    `${tools.length} tools, ${bridge.length} calls over the bridge`,
    ...tokenTexts(timeline),
  ];
  return `${parts.join(', ')}.`;
};
