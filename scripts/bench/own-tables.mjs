// The rows with a table of their own.
import { LOADS } from './load-tables.mjs';
import { STARTS } from './start-tables.mjs';
import { TURNS } from './turn-tables.mjs';

/**
 * `columns` and `means`: the header and the captions of the table.
 * @typedef {{ lines: import('./table.mjs').Line[], columns: [string, string, string],
 *   means: string[], notes?: string[] }} Table
 * @typedef {{ root: string, bundle: string, sdk: string, temporary: string, rounds: number,
 *   quick: boolean }} OwnOptions
 */

/**
 * `rounds`: how often it is measured; `needsBuild`: whether it runs the plugin of dist/, which has
 * to be there and not to be old.
 * @typedef {{ name: string, rounds: number, needsBuild: boolean,
 *   measure: (options: OwnOptions) => Promise<Table> }} OwnRow
 */

/** @type {readonly OwnRow[]} */
export const OWN = [...STARTS, ...TURNS, ...LOADS];
