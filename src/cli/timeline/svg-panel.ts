import { turnEventLetters } from '../../marbles/alphabet.js';
import { fit, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import { axisOf, type TimelineScope } from './axis.js';
import { legendOf, type Mark, type Outcome, type Timeline, type TimelineSpan } from './model.js';
import { folds, latencies, ticks } from './svg-axis.js';
import { type DrawnLane, element, label, type Place } from './svg-element.js';
import { endLane } from './svg-end-lane.js';
import { marbleLane } from './svg-marble-lane.js';
import { saidLane } from './svg-said-lane.js';
import { spanLane } from './svg-span-lane.js';
import { COLUMN, SMALL } from './svg-style.js';
import { aboutParts, complaints, outcomeText, tokenTexts } from './words.js';

/** Px. */
const PAD = 24;
const GUTTER = 96;
const TAIL = 30;
const FOLD = 48;

const looks: Readonly<Record<Outcome['type'], string>> = {
  completed: 'good',
  failed: 'failure',
  cancelled: 'notice',
  'cut off': 'life',
};

/** One turn as a card of `width` px, on an axis for `scope`. */
export const panel = (
  timeline: Timeline,
  name: string,
  width: number,
  scope: TimelineScope,
): { readonly xml: string; readonly height: number } => {
  const left = PAD + GUTTER;
  const right = width - PAD;
  const { endMs, codex, canonical, waits, tools, bridge, figures } = timeline;
  const axis = axisOf({ ...scope, size: right - left - TAIL, fold: FOLD });
  const place: Place = { x: (ms) => left + axis.at(ms), left, right, top: 0, endMs };

  const header = headerOf(timeline, name, width);
  const named = figures.filter(({ name: figure }) => figure !== 'waited');
  const namesTop = header.height + 14;
  const names = latencies(named, place, namesTop, 0).height;
  const tickLine = namesTop + names + 16;
  let top = tickLine + 12;
  const drawn: { readonly name: string; readonly top: number; readonly lane: DrawnLane }[] = [];
  const put = (laneName: string, draw: (at: Place) => DrawnLane): void => {
    const lane = draw({ ...place, top });
    drawn.push({ name: laneName, top, lane });
    top += lane.height + 8;
  };
  const marksLane = (
    laneName: string,
    marks: readonly Mark[],
    draw: (marks: readonly Mark[], at: Place) => DrawnLane,
  ): void => {
    if (marks.length > 0) put(laneName, (at) => draw(marks, at));
  };
  const spansLane = (laneName: string, spans: readonly TimelineSpan[]): void => {
    if (spans.length > 0) put(laneName, (at) => spanLane(spans, at));
  };
  spansLane('queue', waits);
  put('codex', (at) => marbleLane(codex, at));
  marksLane(
    'thinking',
    canonical.filter(({ sign }) => sign === turnEventLetters.thinking_delta),
    saidLane,
  );
  marksLane(
    'text',
    canonical.filter(({ sign }) => sign === turnEventLetters.text_delta),
    saidLane,
  );
  spansLane('tools', tools);
  spansLane('bridge', bridge);
  put('turn', (at) => endLane(timeline, at));

  const bottom = top;
  const footer = footerOf(timeline, bottom + (axis.folds.length > 0 ? 36 : 22), width);
  const xml = [
    element('rect', {
      class: 'card',
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: Math.ceil(footer.bottom) - 1,
      rx: 10,
    }),
    header.xml,
    latencies(named, place, namesTop, bottom).drawn,
    ticks(axis, place, tickLine, bottom),
    ...drawn.map(({ lane }) => lane.back),
    folds(axis, left, tickLine + 6, bottom),
    ...drawn.map(({ lane }) => lane.front),
    ...drawn.map(({ name: laneName, top: at }) => label(PAD, at + 20, 'text lane', laneName)),
    footer.xml,
  ];
  return { xml: xml.join('\n'), height: Math.ceil(footer.bottom) };
};

/** Px of a character of the sans-serif, rather too much. */
const WIDE = 9.2;

const headerOf = (
  timeline: Timeline,
  name: string,
  width: number,
): { readonly xml: string; readonly height: number } => {
  const { head, outcome } = timeline;
  const said = outcome.type === 'cut off' ? 'cut off' : outcomeText(timeline);
  const chip = widthOf(said) * COLUMN + 24;
  const text =
    head === undefined || printableLine(head.text) === '' ? name : printableLine(head.text);
  const title = fit(text, Math.floor((width - 2 * PAD - chip - 16) / WIDE));
  const about = [
    ...(title === name || name === 'turn' ? [] : [name]),
    ...aboutParts(timeline),
  ].join('  ·  ');
  const reason =
    outcome.type === 'cut off' ? outcomeText(timeline) : printableLine(outcome.reason ?? '');
  const xml = [
    label(PAD, 36, 'text title', title),
    element('rect', {
      class: looks[outcome.type],
      x: width - PAD - chip,
      y: 19,
      width: chip,
      height: 25,
      rx: 12.5,
    }),
    label(width - PAD - chip / 2, 36, `${looks[outcome.type]}-ink middle`, said),
    label(PAD, 57, 'soft about', fit(about, Math.floor((width - 2 * PAD) / 7))),
    ...(reason === ''
      ? []
      : [
          label(
            PAD,
            77,
            `${looks[outcome.type]}-ink about`,
            fit(reason, Math.floor((width - 2 * PAD) / 7)),
          ),
        ]),
  ];
  return { xml: xml.join(''), height: reason === '' ? 62 : 82 };
};

const ENTRY = 40;
const LINE = 24;

/** What the letters stand for, the tokens, and what is wrong with the record. */
const footerOf = (
  timeline: Timeline,
  top: number,
  width: number,
): { readonly xml: string; readonly bottom: number } => {
  const xml: string[] = [];
  let x = PAD;
  let y = top;
  for (const { sign, kind, meaning } of legendOf(timeline.codex)) {
    const text = fit(meaning, ENTRY);
    const needed = 22 + widthOf(text) * SMALL;
    if (x > PAD && x + needed > width - PAD) {
      x = PAD;
      y += LINE;
    }
    xml.push(
      element('circle', { class: kind, cx: x + 8, cy: y, r: 8 }),
      label(x + 8, y + 3.6, `${kind}-ink small middle`, sign),
    );
    xml.push(label(x + 22, y + 4, 'soft small', text));
    x += needed + 16;
  }
  if (timeline.codex.length > 0) y += LINE + 4;
  const tokens = tokenTexts(timeline);
  const texts = [
    ...(tokens.length === 0 ? [] : [`tokens  ${tokens.join('  ·  ')}`]),
    ...complaints(timeline),
  ];
  for (const text of texts) {
    xml.push(label(PAD, y + 4, 'text small', text));
    y += LINE - 4;
  }
  return { xml: xml.join(''), bottom: y + 4 };
};
