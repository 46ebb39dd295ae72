import type { Kind } from './model.js';

/**
 * Px. Texts around the diagram use the sans-serif font of the reader's system. Texts in the diagram
 * use its monospace font, whose width is known.
 */
const FONT = 12;
/** Px between the edge of a card and its content. */
export const PAD = 24;
/** Px of a column of the monospace fonts in use, rounded up. */
export const COLUMN = 7.3;
/** Px of a column of small texts. */
export const SMALL = 6.7;

type Look = Kind | 'good';
type Colours = Readonly<Record<Look, readonly [fill: string, ink: string]>> &
  Readonly<Record<'paper' | 'edge' | 'text' | 'soft' | 'grid' | 'line', string>>;

const light: Colours = {
  paper: '#ffffff',
  edge: '#d1d9e0',
  text: '#1f2328',
  soft: '#59636e',
  grid: '#e6eaef',
  line: '#6e7781',
  life: ['#eff2f5', '#59636e'],
  message: ['#ddf4ff', '#0969da'],
  reasoning: ['#fbefff', '#8250df'],
  command: ['#fff1e5', '#bc4c00'],
  call: ['#d7f5ef', '#0b7285'],
  notice: ['#fff8c5', '#8a5d00'],
  failure: ['#ffebe9', '#cf222e'],
  good: ['#dafbe1', '#1a7f37'],
};

const dark: Colours = {
  paper: '#0d1117',
  edge: '#3d444d',
  text: '#f0f6fc',
  soft: '#9198a1',
  grid: '#21262d',
  line: '#7d8590',
  life: ['#21262d', '#a5adb7'],
  message: ['#10233f', '#58a6ff'],
  reasoning: ['#271a3f', '#be95ff'],
  command: ['#33200f', '#f0883e'],
  call: ['#0c2d33', '#4fc3d9'],
  notice: ['#2e2611', '#d9a520'],
  failure: ['#3a1618', '#ff7b72'],
  good: ['#12301c', '#4ac26b'],
};

const looks = [
  'life',
  'message',
  'reasoning',
  'command',
  'call',
  'notice',
  'failure',
  'good',
] as const;

/** No variables: not every reader of SVG knows them. */
const rules = (colours: Colours): string =>
  [
    `.paper{fill:${colours.paper}}`,
    `.card{fill:${colours.paper};stroke:${colours.edge}}`,
    `.text{fill:${colours.text}}`,
    `.soft{fill:${colours.soft}}`,
    `.halo{stroke:${colours.paper};stroke-width:4;stroke-linejoin:round;paint-order:stroke}`,
    `.grid{stroke:${colours.grid}}`,
    `.line{stroke:${colours.line};fill:none}`,
    `.guide{stroke:${colours.soft};stroke-dasharray:1 4;stroke-linecap:round}`,
    ...looks.flatMap((look) => [
      `.${look}{fill:${colours[look][0]};stroke:${colours[look][1]}}`,
      `.${look}-ink{fill:${colours[look][1]}}`,
    ]),
  ].join('');

export const STYLE = [
  `text{font-size:${FONT}px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}`,
  `.title,.lane,.about{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}`,
  `.title{font-size:16px;font-weight:600}.lane{font-size:12.5px;font-weight:600}.about{font-size:12.5px}.small{font-size:11px}`,
  `.middle{text-anchor:middle}.end{text-anchor:end}.sign{font-size:12px;font-weight:700}`,
  `.line,.thick{stroke-width:1.5}.open{stroke-dasharray:4 3}`,
  rules(light),
  `@media (prefers-color-scheme:dark){${rules(dark)}}`,
].join('\n');
