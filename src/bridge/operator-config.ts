import path from 'node:path';
import { codexHome, type Environment } from '../codex/environment.js';
import { readOrEmpty } from '../process/files.js';

/** The parts of the operator's config.toml that the bridge must respect. */
export interface OperatorConfig {
  /**
   * Whether a server of this name exists. codex would merge an override with it and refuse both.
   */
  readonly hasServer: (name: string) => boolean;
  /** The operator's `direct_only_tool_namespaces`. An override replaces the list. */
  readonly directNamespaces: readonly string[];
}

/**
 * Parses the text of a config.toml; '' when there is no file. It is no TOML parser: it recognizes
 * the forms that codex and people write.
 */
export const operatorConfig = (toml: string): OperatorConfig => {
  const lines = toml
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  const [, list = ''] = /\bdirect_only_tool_namespaces\s*=\s*\[([^\]]*)\]/.exec(lines) ?? [];
  return {
    hasServer: (name) => lines.includes(name),
    directNamespaces: [...list.matchAll(/"([\w-]+)"|'([\w-]+)'/g)].map(
      ([, double = '', single = '']) => double || single,
    ),
  };
};

/** Reads the operator's config.toml. */
export const readOperatorConfig = (env: Environment): OperatorConfig =>
  operatorConfig(readOrEmpty(path.join(codexHome(env), 'config.toml')));
