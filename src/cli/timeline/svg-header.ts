import { fit, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import type { Outcome, Timeline } from './model.js';
import { element, label } from './svg-element.js';
import { COLUMN, PAD } from './svg-style.js';
import { aboutParts, outcomeText } from './words.js';

const outcomeClasses: Readonly<Record<Outcome['type'], string>> = {
  completed: 'good',
  failed: 'failure',
  cancelled: 'notice',
  'cut off': 'life',
  wire: 'life',
};

/** Px of a character of the sans-serif font, rounded up. */
const WIDE = 9.2;

/** The head of a card: prompt, outcome, agent and model, and why the turn failed. */
export const headerOf = (
  timeline: Timeline,
  name: string,
  width: number,
): { readonly xml: string; readonly height: number } => {
  const { head, outcome } = timeline;
  const badge = outcome.type === 'cut off' ? 'cut off' : outcomeText(timeline);
  const chip = widthOf(badge) * COLUMN + 24;
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
      class: outcomeClasses[outcome.type],
      x: width - PAD - chip,
      y: 19,
      width: chip,
      height: 25,
      rx: 12.5,
    }),
    label(width - PAD - chip / 2, 36, `${outcomeClasses[outcome.type]}-ink middle`, badge),
    label(PAD, 57, 'soft about', fit(about, Math.floor((width - 2 * PAD) / 7))),
    ...(reason === ''
      ? []
      : [
          label(
            PAD,
            77,
            `${outcomeClasses[outcome.type]}-ink about`,
            fit(reason, Math.floor((width - 2 * PAD) / 7)),
          ),
        ]),
  ];
  return { xml: xml.join(''), height: reason === '' ? 62 : 82 };
};
