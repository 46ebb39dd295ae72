// The profile in which a measured plugin runs.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Makes a profile with a config.json. @param {string} profile @param {object} config */
export const writeProfile = async (profile, config) => {
  const folder = path.join(profile, 'plugins/plexum-openai-provider');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
};
