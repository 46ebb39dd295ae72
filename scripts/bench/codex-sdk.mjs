// The peer of most rows.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDir } from './install.mjs';

const SDK = '@openai/codex-sdk';
export const SDK_VERSION = '0.163.0';

/**
 * The part of codex-sdk that is used.
 * @typedef {{ type: string, item?: { type: string, text?: string } }} SdkEvent
 * @typedef {{ runStreamed: (input: string) => Promise<{ events: AsyncGenerator<SdkEvent> }> }}
 * SdkThread
 * @typedef {{ startThread: (options: { workingDirectory: string, skipGitRepoCheck: boolean, model?:
 * string }) => SdkThread }} SdkCodex
 * @typedef {{ Codex: new (options: { codexPathOverride: string }) => SdkCodex }} Sdk
 */

/**
 * Without the optional packages: they are 400 MB of codex, and the SDK gets its codex from us.
 * @param {string} folder @returns {import('./install.mjs').Wanted}
 */
export const wantedSdk = (folder) => ({
  folder,
  versions: { [SDK]: SDK_VERSION },
  lacking: 'the rows against it show our side only',
});

/** @param {string} folder @returns {Promise<Sdk>} */
export const loadSdk = (folder) =>
  import(pathToFileURL(path.join(packageDir(folder, SDK), 'dist/index.js')).href);
