import { wantsColor } from '../command.js';
import type { Kind } from './model.js';

/** Colours a piece of a drawing. */
export type Paint = (kind: Kind | 'dim' | 'strong', text: string) => string;

const codes: Readonly<Record<Parameters<Paint>[0], number>> = {
  life: 1,
  strong: 1,
  dim: 2,
  failure: 31,
  message: 32,
  command: 33,
  notice: 33,
  reasoning: 35,
  call: 36,
};

/** Paints with ANSI colours. */
export const ansi: Paint = (kind, text) => `\u001B[${codes[kind]}m${text}\u001B[0m`;

/** Paints without colours. */
export const plain: Paint = (_, text) => text;

/** ANSI colours for a terminal that shows them, unless NO_COLOR is set. */
export const paintFor = ({ isTTY }: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint =>
  wantsColor(isTTY === true, env) ? ansi : plain;
