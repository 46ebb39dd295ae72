import type { Timeline } from './timeline.js';

/** When anything happened in a turn, in milliseconds. */
const momentsOf = ({ codex, canonical, waits, tools, bridge }: Timeline): readonly number[] => [
  ...[...codex, ...canonical].flatMap(({ ms, pieces = [ms] }) => pieces),
  ...[...waits, ...tools, ...bridge].flatMap(({ startMs, endMs }) => [startMs, endMs ?? startMs]),
];

/** What an axis is for: when anything happens, and where it ends. */
export interface Scope {
  readonly moments: readonly number[];
  readonly endMs: number;
}

/** The scope of turns that share an axis. */
export const scopeOf = (timelines: readonly Timeline[]): Scope => ({
  moments: timelines.flatMap(momentsOf),
  endMs: timelines.reduce((last, { endMs }) => Math.max(last, endMs), 0),
});
