import type { DriftCount, WireCount } from '../../node/drift-file.js';
import { type Check, checkOf } from './check.js';

/** Lists the unknown kinds of events and items that codex has printed. */
export const checkDrift = (counts: readonly DriftCount[], file: string): Check => {
  const { green, yellow } = checkOf('drift');
  return counts.length === 0
    ? green('codex has printed no event or item that this plugin does not know')
    : yellow(
        [
          'codex has printed or recorded kinds that this plugin does not know; turns ignore them',
          ...counts.map(
            ({ kind, codex, count }) =>
              `${kind}: ${count} times${codex === '' ? '' : `, codex ${codex}`}`,
          ),
        ].join('\n'),
        `update the plugin, or report the kinds; to count anew remove ${file}`,
      );
};

/** Lists what the daemon has sent and the plugin does not understand: at least one thing. */
export const checkWire = (counts: readonly WireCount[], file: string): Check =>
  checkOf('wire').yellow(
    [
      'the daemon has sent what this plugin does not understand (names and types, no values)',
      ...counts.map(lineOf),
    ].join('\n'),
    `a request was refused where nothing else was possible (-32601 for an unknown one), anything else ignored. Report these lines; a log of the whole wire helps more: start the daemon with PLEXUM_WIRE_LOG=FILE in its environment (no secrets, long texts cut; "timeline FILE" draws it). To count anew remove ${file}`,
  );

const lineOf = ({ what, method, keys, count }: WireCount): string =>
  `${[names[what] ?? what, method].filter((word) => word !== '').join(' ')}: ${count} ${count === 1 ? 'time' : 'times'}${keys === 'nothing' ? '' : `, ${keys}`}`;

const names: Readonly<Record<string, string>> = {
  frame: 'JSON that is no message',
  line: 'a line that is no JSON',
  response: 'response to',
};
