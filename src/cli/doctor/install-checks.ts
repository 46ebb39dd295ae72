import { isDeepStrictEqual } from 'node:util';
import { type Either, isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { catchError, defer, map, type Observable, of, reduce, take } from 'rxjs';
import { parseLine } from '../../lines/parse-json.js';
import type { DriftCount } from '../../node/drift-file.js';
import {
  type Config,
  configValues,
  defaultConfig,
  type LoadedConfig,
} from '../../plexum/config.js';
import type { Manifest } from '../../plexum/manifest.js';
import { PLUGIN_NAME } from '../../plexum/methods.js';
import { reasonOf } from '../../text/explain.js';
import { redact } from '../../text/redact.js';
import { type Check, green, red, yellow } from './check.js';

const lines = (config: Config): string[] => {
  const defaults = configValues(defaultConfig);
  return [...configValues(config)].map(([key, value]) => {
    const text = JSON.stringify(value);
    const isDefault = text === JSON.stringify(defaults.get(key));
    return `${key} = ${redact(text)}${isDefault ? ' (default)' : ''}`;
  });
};

/** config.json: whether it can be read, and every setting with its value. */
export const checkConfig = (
  file: string,
  isThere: boolean,
  loaded: Either<string, LoadedConfig>,
): Check => {
  const title = 'config';
  if (isLeft(loaded))
    return red(
      'config',
      title,
      redact(loaded.left),
      `mend ${file}; no turn runs before. What is said below holds for the defaults`,
    );
  const { config, warnings } = loaded.right;
  const values = [isThere ? file : `${file} does not exist, which is fine`, ...lines(config)];
  return warnings.length === 0
    ? green('config', title, values.join('\n'))
    : yellow('config', title, values.join('\n'), warnings.map(redact).join('\n'));
};

/** A file that the daemon reads before it starts the plugin; no text where there is none. */
export interface DaemonFile {
  readonly file: string;
  readonly text: string | undefined;
}

const AGAIN = 'then restart the daemon';

const Listing = t.type({ plugins: t.type({ allow: t.array(t.string) }) });

/** Whether the daemon's plexum.json allows the plugin. */
export const checkAllowed = ({ file, text }: DaemonFile): Check => {
  const check = { id: 'allow-list', title: 'allow list' };
  const list = text === undefined ? undefined : parseLine(text);
  if (list?.type === 'malformed')
    return yellow(check.id, check.title, `${file} is not JSON`, `correct it, ${AGAIN}`);
  if (Listing.is(list?.value) && list.value.plugins.allow.includes(PLUGIN_NAME))
    return green(check.id, check.title, `${file} allows the plugin`);
  return yellow(
    check.id,
    check.title,
    `the plugin is not in .plugins.allow of ${file}${list === undefined ? ', which does not exist' : ''}, so the daemon may not start it`,
    `run scripts/install.sh --allow, or add ${JSON.stringify(PLUGIN_NAME)} there; ${AGAIN}`,
  );
};

/**
 * Whether manifest.json, by which the daemon knows the plugin, is the one of this version and of
 * config.json.
 */
export const checkManifest = ({ file, text }: DaemonFile, expected: Manifest): Check => {
  const check = { id: 'manifest', title: 'manifest' };
  const mend = `run scripts/install.sh again, ${AGAIN}`;
  if (text === undefined)
    return yellow(
      check.id,
      check.title,
      `${file} does not exist, so the daemon does not know the plugin`,
      mend,
    );
  const found = parseLine(text);
  if (found.type === 'json' && isDeepStrictEqual(found.value, expected))
    return green(
      check.id,
      check.title,
      `${file} is of version ${expected.version}, with the models ${expected.contracts.provider.models.join(', ')}`,
    );
  const is = found.type === 'json' ? JSON.stringify(found.value) : found.reason;
  return yellow(
    check.id,
    check.title,
    `${file} is not what config.json gives\nit is:     ${is}\nshould be: ${JSON.stringify(expected)}`,
    mend,
  );
};

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

/**
 * Looks for what killed plugins left, or ends it. Both emit a number of living processes for each
 * record.
 */
export interface OrphanPorts {
  readonly find$: Observable<number>;
  readonly end$: Observable<number>;
}

/**
 * Processes that plugins which were killed have left. Ends them only when it should `mend`. Emits
 * once and completes.
 */
export const checkOrphans = (mend: boolean, { find$, end$ }: OrphanPorts): Observable<Check> =>
  defer(() => (mend ? end$ : find$)).pipe(
    reduce(
      (found, processes) => ({
        runs: found.runs + (processes > 0 ? 1 : 0),
        processes: found.processes + processes,
      }),
      { runs: 0, processes: 0 },
    ),
    map(({ runs, processes }) => {
      if (processes === 0)
        return green('leftovers', 'leftovers', 'no killed plugin has left a process');
      const detail = `${processes} ${processes === 1 ? 'process' : 'processes'} of ${runs} killed ${runs === 1 ? 'run' : 'runs'}`;
      return mend
        ? green('leftovers', 'leftovers', `${detail} ended`)
        : yellow(
            'leftovers',
            'leftovers',
            `${detail} still alive`,
            'run "doctor --mend", or start the plugin: both end them',
          );
    }),
  );

const OLDEST_MAJOR = 20;

/** The Node that runs the plugin; `version` is `20.20.2`. */
export const checkNode = (version: string): Check =>
  Number.parseInt(version, 10) >= OLDEST_MAJOR
    ? green('node', 'Node', version)
    : red(
        'node',
        'Node',
        `${version} is too old`,
        `put Node ${OLDEST_MAJOR} or newer first on the daemon's PATH`,
      );

/** A folder that turns write to, and why it cannot be written, if so. */
export interface Folder {
  readonly path: string;
  readonly problem?: string | undefined;
}

/** The profile and the plugin's folder in it. */
export const checkProfile = (folders: readonly Folder[]): Check => {
  const broken = folders.filter(({ problem }) => problem !== undefined);
  const detail = folders
    .map(({ path, problem }) => `${path}: ${problem ?? 'can be written'}`)
    .join('\n');
  return broken.length === 0
    ? green('profile', 'profile', detail)
    : red(
        'profile',
        'profile',
        detail,
        'make the folder and give it to the user of the daemon, or set PLEXUM_PROFILE_ROOT to the right profile',
      );
};

const MEND =
  'give the folder to the user of the daemon alone, set XDG_RUNTIME_DIR to a short path, or use "bridge": "http"';

/**
 * Whether a socket of the stdio bridge can be made. `listen$` emits the path of one that listens,
 * and fails where there is none.
 *
 * Emits once and completes; does not fail. The socket is gone by then.
 */
export const checkSockets = (
  bridge: Config['bridge'],
  listen$: Observable<string>,
): Observable<Check> =>
  listen$.pipe(
    take(1),
    map((socket) =>
      green(
        'sockets',
        'sockets',
        `one can be made, at ${socket}${bridge === 'http' ? ' (the bridge is "http" and needs none)' : ''}`,
      ),
    ),
    catchError((error: unknown) =>
      of(
        bridge === 'stdio'
          ? red(
              'sockets',
              'sockets',
              `${reasonOf(error)}, so turns go without the daemon's tools`,
              MEND,
            )
          : yellow(
              'sockets',
              'sockets',
              `${reasonOf(error)}; the bridge is "http" and needs none`,
              `only for "bridge": "stdio": ${MEND}`,
            ),
      ),
    ),
  );
