// The peer that has an app-server mode.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDir } from './install.mjs';

const AI_SDK = 'ai-sdk-provider-codex-cli';
export const AI_SDK_VERSION = '2.2.1';
/** With what its ranges stood for when this was written. */
const VERSIONS = {
  [AI_SDK]: AI_SDK_VERSION,
  '@ai-sdk/provider': '4.0.38',
  '@ai-sdk/provider-utils': '5.0.81',
  'jsonc-parser': '3.3.1',
  zod: '4.6.7',
};

/**
 * The part of it that is used: a model of the AI SDK, whose prompt is a list of messages.
 * @typedef {{ role: 'user', content: { type: 'text', text: string }[] }} AiMessage
 * @typedef {{ doStream: (options: { prompt: AiMessage[] }) => Promise<{ stream: ReadableStream<{
 * type: string, error?: unknown }> }> }} AiModel
 * @typedef {{ cwd: string, codexPath: string, threadMode: 'persistent' | 'stateless',
 * sandboxPolicy: 'danger-full-access', approvalPolicy: 'never', minCodexVersion: string, logger:
 * false }} AiSettings
 * @typedef {((model: string) => AiModel) & { close: () => Promise<void> }} AiProvider
 * @typedef {{ createCodexAppServer: (options: { defaultSettings: AiSettings }) => AiProvider }}
 * AiSdk
 */

/** @param {string} folder @returns {import('./install.mjs').Wanted} */
export const wantedAiSdk = (folder) => ({
  folder,
  versions: VERSIONS,
  lacking: 'the rows against it show our side only',
});

/** @param {string} folder @returns {Promise<AiSdk>} */
export const loadAiSdk = (folder) =>
  import(pathToFileURL(path.join(packageDir(folder, AI_SDK), 'dist/index.js')).href);
