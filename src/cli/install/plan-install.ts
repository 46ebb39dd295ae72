import path from 'node:path';
import { EXECUTABLE } from '../../plexum/methods.js';
import { configFile, manifestFile, pluginDir } from '../../plexum/profile.js';
import { namesIn } from '../../process/files.js';
import { type BuiltPlugin, CACHE, SCHEMA } from './built-plugin.js';
import { nameExists, readBytes } from './disk.js';
import { copyStep, type InstallStep, writeStep } from './install-step.js';
import { launcherText, VERSIONS, versionOf } from './launcher.js';
import { versionsInUse } from './versions-in-use.js';

interface PlanOptions {
  /** The environment with the profile as PLEXUM_PROFILE_ROOT. */
  readonly env: NodeJS.ProcessEnv;
  readonly built: BuiltPlugin;
  /** The text of manifest.json. */
  readonly manifest: string;
  readonly nodes: readonly string[];
  /** `binary` of a new config.json. */
  readonly codex: string | undefined;
  /** The arguments of every process; see `versionsInUse`. */
  readonly running: readonly string[] | undefined;
}

/**
 * The steps that install the plugin. Reads the profile and changes nothing. The launcher is written
 * after the files of its version: until then the host starts the previous version, from then on the
 * new one.
 */
export const planInstall = ({
  env,
  built,
  manifest,
  nodes,
  codex,
  running,
}: PlanOptions): InstallStep[] => {
  const dir = pluginDir(env);
  const at = (...names: string[]): string => path.join(dir, ...names);
  const start = at(EXECUTABLE);
  const previous = readBytes(start);
  const text = launcherText({ executable: EXECUTABLE, version: built.version, dir, nodes });
  const previousVersion = previous && versionOf(previous.toString('utf8'));
  const binary = codex === undefined ? {} : { binary: codex };
  const config = `${JSON.stringify({ $schema: `./${SCHEMA}`, ...binary }, null, 2)}\n`;
  const isForeign = previous !== undefined && previousVersion === undefined;
  const isNew = previous?.equals(Buffer.from(text)) !== true;
  // A plugin that runs adds to the compiled code of its version.
  const isCompiled = nameExists(at(VERSIONS, built.version, CACHE));
  return [
    ...[...built.files]
      .filter(([name]) => !isCompiled || path.dirname(name) !== CACHE)
      .map(([name, bytes]) =>
        writeStep(at(VERSIONS, built.version, name), bytes, name === EXECUTABLE ? 0o755 : 0o644),
      ),
    writeStep(at(SCHEMA), built.schema),
    nameExists(configFile(env))
      ? { does: 'leave', file: configFile(env), why: 'it is yours' }
      : writeStep(configFile(env), config),
    ...(isForeign ? [copyStep(start, '.replaced')] : []),
    writeStep(start, text, 0o755),
    writeStep(manifestFile(env), manifest),
    ...(isNew ? removeOutdated(dir, [built.version, previousVersion], running) : []),
  ];
};

/** The steps that remove versions that no process uses, except `kept`. */
const removeOutdated = (
  dir: string,
  kept: readonly (string | undefined)[],
  running: readonly string[] | undefined,
): InstallStep[] => {
  const versions = path.join(dir, VERSIONS);
  const old = namesIn(versions).filter((name) => !kept.includes(name));
  const used = versionsInUse(old, running);
  return old
    .filter((name) => !used.includes(name))
    .map((name) => ({ does: 'remove', file: path.join(versions, name) }));
};
