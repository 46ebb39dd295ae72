import * as t from 'io-ts';
import { type CodexSettings, readSettings } from '../codex/config-toml.js';
import { codexHome, type Environment } from '../codex/environment.js';

/** The parts of the operator's config.toml that the bridge must respect. */
export interface OperatorConfig {
  /**
   * Whether a server of this name exists. codex would merge an override with it and refuse both.
   */
  readonly hasServer: (name: string) => boolean;
  /** The operator's `direct_only_tool_namespaces`. An override replaces the list. */
  readonly directNamespaces: readonly string[];
}

const Direct = t.type({
  code_mode: t.type({ direct_only_tool_namespaces: t.array(t.string) }),
});

/** What the bridge respects of the settings; nothing of a config.toml that codex refuses. */
export const operatorConfig = ({
  mcp_servers = {},
  features,
}: CodexSettings = {}): OperatorConfig => ({
  hasServer: (name) => Object.hasOwn(mcp_servers, name),
  directNamespaces: Direct.is(features) ? features.code_mode.direct_only_tool_namespaces : [],
});

/** Reads the operator's config.toml. */
export const readOperatorConfig = (env: Environment): OperatorConfig =>
  operatorConfig(readSettings(codexHome(env)));
