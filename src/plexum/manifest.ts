import { EXECUTABLE, PLUGIN_NAME } from './methods.js';

/** `manifest.json`: what the daemon knows about the plugin before it starts it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly activation: 'lazy';
  readonly executable: string;
  readonly contracts: { readonly provider: { readonly models: readonly string[] } };
}

export const manifest = (version: string, models: readonly string[]): Manifest => ({
  name: PLUGIN_NAME,
  version,
  activation: 'lazy',
  executable: EXECUTABLE,
  contracts: { provider: { models } },
});
