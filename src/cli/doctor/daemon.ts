import { isDeepStrictEqual } from 'node:util';
import * as t from 'io-ts';
import { parseLine } from '../../lines/parse-json.js';
import type { Manifest } from '../../plexum/manifest.js';
import { PLUGIN_NAME } from '../../plexum/methods.js';
import { type Check, green, yellow } from './check.js';

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
