import type { Timeline } from './timeline.js';

/** When anything happened in a turn, in milliseconds. */
export const momentsOf = ({ codex, canonical, waits, tools, bridge }: Timeline): readonly number[] => [
  ...[...codex, ...canonical].map(({ ms }) => ms),
  ...[...waits, ...tools, ...bridge].flatMap(({ startMs, endMs }) => [startMs, endMs ?? startMs]),
];
