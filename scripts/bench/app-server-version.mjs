// Row "app-server" on one version of codex: which sides are compared, and in which order they run.
import { DELTAS, openSides, SAID, SIDES } from './app-server-sides.mjs';
import { inTurns } from './rounds.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {import('./app-server-sides.mjs').Side} Side
 * @typedef {'quick' | 'slow'} Kind
 * @typedef {Partial<Record<Side, Times[]>>} Measured
 */

const HOW = { quick: 'at once', slow: `${DELTAS} deltas in 1 s` };
const KINDS = /** @type {const} */ (['quick', 'slow']);
const KEYS = /** @type {const} */ ([
  ['text', 'first text'],
  ['end', 'end of turn'],
]);

/**
 * The comparisons. `aim`: the bound for the ratio of the first text; `isQuick`: with answers at
 * once only.
 * @type {{ ours: Side, peer: Side, measure: string, aim?: number, isQuick?: boolean }[]}
 */
const PAIRS = [
  { ours: 'warm', peer: 'bare', measure: 'warm : bare client', aim: 1.2 },
  { ours: 'warm', peer: 'aiWarm', measure: 'warm : ai-sdk warm', aim: 1 },
  { ours: 'warm', peer: 'sdkResume', measure: 'warm : codex-sdk resume', aim: 1 },
  { ours: 'tool', peer: 'warm', measure: 'warm, a tool : none', aim: 1.2, isQuick: true },
  { ours: 'cold', peer: 'aiCold', measure: 'cold : ai-sdk cold' },
  { ours: 'cold', peer: 'new', measure: 'cold : exec new' },
  { ours: 'new', peer: 'sdkNew', measure: 'exec new : codex-sdk new', isQuick: true },
  { ours: 'resume', peer: 'sdkResume', measure: 'exec resume : codex-sdk resume', isQuick: true },
];
const pairsOf = (/** @type {Kind} */ kind) =>
  PAIRS.filter(({ isQuick }) => kind === 'quick' || isQuick !== true);

/**
 * Measures all sides on one version of codex.
 * @param {import('./app-server-sides.mjs').Options & { rounds: number }} options
 * @returns {Promise<Line[]>}
 */
export const measureVersion = async ({ rounds, version, ...options }) => {
  const { sides, stop, memory, close } = await openSides({ version, ...options });
  const names = SIDES.filter((name) => sides[name] !== undefined);
  /** @param {Side} name @param {Kind} kind */
  const turn = async (name, kind) =>
    (await sides[name]?.(SAID[kind])) ?? { first: NaN, text: NaN, end: NaN };
  /**
   * @param {Kind} kind @param {number} count
   * @param {readonly Side[]} kept sides that get a turn just before, so that they stay warm
   */
  const measured = async (kind, count, kept) => {
    const wanted = names.filter((name) =>
      pairsOf(kind).some(({ ours, peer }) => ours === name || peer === name),
    );
    /** @type {Measured} */ const times = Object.fromEntries(wanted.map((name) => [name, []]));
    for (let nth = 0; nth < count; nth += 1) {
      for (const name of inTurns(wanted, nth)) {
        if (kept.includes(name)) await turn(name, 'quick');
        times[name]?.push(await turn(name, kind));
      }
    }
    return times;
  };
  // The first turns fill caches and make codex's databases.
  for (const name of names) await turn(name, 'quick');
  const times = {
    quick: await measured('quick', rounds, []),
    // Such a round takes longer than the plugin keeps an idle thread.
    slow: await measured('slow', Math.ceil(rounds / 3), ['warm', 'bare', 'aiWarm']),
  };
  await stop();
  const held = await memory(Math.ceil(rounds / 8));
  await close();

  /** @param {Kind} kind @param {Side} name @param {'text' | 'end'} key */
  const of = (kind, name, key) => times[kind][name]?.map((time) => time[key]) ?? [];
  /**
   * @param {string} measure @param {number[]} ours @param {number[]} peer @param {number} [aim]
   * @returns {Line}
   */
  const line = (measure, ours, peer, aim) => ({
    row: version,
    measure,
    ours,
    peer,
    better: 'lower',
    aim,
    digits: 0,
  });
  return [
    ...KINDS.flatMap((kind) =>
      pairsOf(kind).flatMap(({ ours, peer, measure, aim }) =>
        KEYS.map(([key, what]) =>
          line(
            `${HOW[kind]}, ${measure}, ${what}, ms`,
            of(kind, ours, key),
            of(kind, peer, key),
            key === 'text' ? aim : undefined,
          ),
        ),
      ),
    ),
    ...held.map(({ measure, ours, peer }) => line(`memory ${measure} : ai-sdk, MiB`, ours, peer)),
  ];
};
