import type { WireCount } from '../../node/drift-file.js';
import { type Check, yellow } from './check.js';

const TITLE = 'wire';

/** Lists what the daemon has sent and the plugin does not understand: at least one thing. */
export const checkWire = (counts: readonly WireCount[], file: string): Check =>
  yellow(
    TITLE,
    TITLE,
    [
      'the daemon has sent what this plugin does not understand (names and types, no values)',
      ...counts.map(lineOf),
    ].join('\n'),
    `an unknown request was refused (-32601), anything else ignored. Report these lines; a log of the whole wire helps more: start the daemon with PLEXUM_WIRE_LOG=FILE in its environment (no secrets, long texts cut; "timeline FILE" draws it). To count anew remove ${file}`,
  );

const lineOf = ({ what, method, keys, count }: WireCount): string =>
  `${[names[what] ?? what, method].filter((word) => word !== '').join(' ')}: ${count} ${count === 1 ? 'time' : 'times'}${keys === 'nothing' ? '' : `, ${keys}`}`;

const names: Readonly<Record<string, string>> = {
  frame: 'JSON that is no message',
  line: 'a line that is no JSON',
  response: 'response to',
};
