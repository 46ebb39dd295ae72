// The parts of the report: each is a title with its lines, and what is lost.

import { textTable } from '../lib/text-table.mjs';
import { lostNames } from './lost-names.mjs';
import { failureRuleFor, pluginView } from './plugin-view.mjs';
import { moreNames } from './protocol.mjs';
import { moreIn, shapesOf } from './shapes.mjs';

/**
 * @typedef {import('./record-all.mjs').Recorded} Recorded
 * @typedef {import('./protocol.mjs').Digest} Digest
 * @typedef {{ title: string, lines: readonly string[], lost?: readonly string[] }} Part
 */

/** Lines of a list that are printed. */
const MOST = 60;

/** @param {readonly Part[]} parts @returns {string} */
export const reportText = (parts) =>
  parts
    .map(({ title, lines }) => {
      const shown = lines.length === 0 ? ['(none)'] : lines.slice(0, MOST);
      const rest = lines.length > MOST ? [`… and ${lines.length - MOST} more`] : [];
      return `${title}\n${[...shown, ...rest].map((line) => `  ${line}\n`).join('')}`;
    })
    .join('\n');

/** @param {{ passed: number, failed: string[] }} result @returns {Part} */
export const testsPart = ({ passed, failed }) => ({
  title: `Tests of the wire: ${passed} passed, ${failed.length} failed`,
  lines: failed,
  lost: failed.map((name) => `the test ${name}`),
});

/**
 * What the plugin makes of the turns. @param {Recorded[]} now @param {Recorded[]} before @returns
 * {Promise<Part[]>}
 */
export const turnParts = async (now, before) => {
  /** @type {string[]} */ const lines = [];
  /** @type {string[]} */ const lost = [];
  /** @type {Set<string>} */ const unknown = new Set();
  for (const [nth, { name, transport, recording }] of now.entries()) {
    const view = await pluginView(transport, recording);
    const other = before[nth];
    const old = other && (await pluginView(transport, other.recording));
    for (const kind of view.unknown) unknown.add(`${kind} (${name}, ${transport})`);
    if (old === undefined || old.events === view.events) continue;
    lines.push(`${name}, ${transport}: ${view.events}`, `  before: ${old.events}`);
    const words = view.events.split(' ');
    // What no longer fails is none.
    const gone = old.events.split(' ').filter((word) => ![...words, 'failed'].includes(word));
    if (gone.length > 0) lost.push(`${name}, ${transport}: ${gone.join(' ')}`);
  }
  return [
    { title: `Turns with other events, of ${now.length}`, lines, lost },
    {
      title: 'Unknown to the plugin',
      lines: [...unknown],
      lost: [...unknown].map((kind) => `${kind} is unknown`),
    },
  ];
};

/** @param {Recorded[]} now @param {Recorded[]} before @returns {Part[]} */
export const shapeParts = (now, before) => {
  const [shapes, old] = [shapesOf(now), shapesOf(before)];
  const [more, less] = [moreIn(shapes, old), moreIn(old, shapes)];
  return [
    { title: 'New kinds of events, items, records and notifications', lines: more.kinds },
    {
      title: 'Gone kinds',
      lines: less.kinds,
      lost: less.kinds.filter((kind) => kind.startsWith('event ')),
    },
    { title: 'New keys', lines: more.keys },
    { title: 'Gone keys', lines: less.keys },
  ];
};

/** @param {Digest} now @param {Digest} before @returns {Part[]} */
export const protocolParts = (now, before) => {
  const counts = `${now['requests']?.length} requests, ${before['requests']?.length} before`;
  return [
    { title: `App-server: new names (${counts})`, lines: moreNames(now, before) },
    {
      title: 'App-server: gone names',
      lines: moreNames(before, now),
      lost: lostNames(now, before),
    },
  ];
};

/** @param {Set<string>} now @param {Set<string>} before @returns {Part[]} */
export const sentenceParts = (now, before) => {
  const unknown = [...now].filter((sentence) => !failureRuleFor(sentence));
  const added = unknown.filter((sentence) => !before.has(sentence));
  return [
    {
      title: `Sentences of the error enum that no rule knows, new in this version (${unknown.length} of ${now.size} in all)`,
      lines: added.sort(),
    },
    {
      title: 'Sentences that a rule knows, and that are gone',
      lines: [...before].filter((one) => !now.has(one) && failureRuleFor(one)).sort(),
    },
  ];
};

/** @param {string[][]} rows @param {string} pinned @returns {Part} */
export const costPart = (rows, pinned) => ({
  title: `Costs beside ${pinned}, medians of pairs`,
  lines: textTable([['', 'this', pinned, 'ratio'], ...rows]).split('\n'),
});
