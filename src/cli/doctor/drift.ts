import type { DriftCount } from '../../codex/drift/drift-counts.js';
import { type Check, green, yellow } from './check.js';

/** What codex has said that the plugin does not know. */
export const checkDrift = (counts: readonly DriftCount[], file: string): Check =>
  counts.length === 0
    ? green('drift', 'drift', 'codex has said nothing that this plugin does not know')
    : yellow(
        'drift',
        'drift',
        [
          'codex has said or recorded what this plugin does not know; turns go on without it',
          ...counts.map(
            ({ kind, codex, count }) =>
              `${kind}: ${count} times${codex === '' ? '' : `, codex ${codex}`}`,
          ),
        ].join('\n'),
        `update the plugin, or report the kinds; to count anew remove ${file}`,
      );
