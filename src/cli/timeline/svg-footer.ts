import { fit, widthOf } from '../../text/display-width.js';
import { legendOf, type Timeline } from './model.js';
import { element, label } from './svg-element.js';
import { PAD, SMALL } from './svg-style.js';
import { complaints, tokenTexts } from './words.js';

/** Columns of an entry of the legend. */
const ENTRY = 40;
/** Px. */
const LINE = 24;

/** The foot of a card: the legend of the codex lane, the tokens, the faults of the record. */
export const footerOf = (
  timeline: Timeline,
  top: number,
  width: number,
): { readonly xml: string; readonly bottom: number } => {
  const { codex, canonical, wire } = timeline;
  const shown = wire === undefined ? codex : [...codex, ...canonical];
  const xml: string[] = [];
  let x = PAD;
  let y = top;
  for (const { sign, kind, meaning } of legendOf(shown)) {
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
  if (shown.length > 0) y += LINE + 4;
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
