import path from 'node:path';
import { printable } from '../../text/printable.js';
import { resolveLinks } from './disk.js';
import { InstallError } from './install-error.js';
import { type InstallStep, performStep } from './install-step.js';
import type { Owner } from './owner.js';

/** Prints a text, which may have parts that the owner of the profile chose. */
export const printLine = (text: string): boolean => process.stdout.write(printable(`${text}\n`));

const VERBS = {
  write: { done: 'wrote', planned: 'would write' },
  copy: { done: 'kept a copy', planned: 'would keep a copy' },
  remove: { done: 'removed', planned: 'would remove' },
  leave: { done: 'left', planned: 'would leave' },
} as const;

interface PerformOptions {
  /** The folder of the plugin, from which paths are shown. */
  readonly dir: string;
  /** Only prints the steps. */
  readonly isDry: boolean;
  readonly owner: Owner | undefined;
}

/**
 * Performs steps in order and prints a line for each. Throws `InstallError` at the first failure.
 */
export const performSteps = (
  steps: readonly InstallStep[],
  { dir, isDry, owner }: PerformOptions,
): void => {
  for (const step of steps) {
    if (!isDry) performStep(step, owner);
    const relative = path.relative(dir, step.file);
    const shown = relative.startsWith('..') ? step.file : relative;
    const verb = isDry ? VERBS[step.does].planned.padEnd(17) : VERBS[step.does].done.padEnd(11);
    printLine(`  ${verb}  ${shown}${detailOf(step)}`);
  }
};

const detailOf = (step: InstallStep): string => {
  if (step.does === 'leave') return `  (${step.why})`;
  return step.does === 'copy' ? `  as ${path.basename(step.as)}` : '';
};

/** Throws when the plugin's folder is a link to `dist/`, which an installation would overwrite. */
export const refuseLinkToDist = (dir: string, root: string): void => {
  const place = resolveLinks(dir);
  if (place === resolveLinks(path.join(root, 'dist')))
    throw new InstallError(`${dir} is a link to ${place}: remove the link and run this again`);
};
