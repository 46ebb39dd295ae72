/** What the operator's own config.toml says that the bridge must not get in the way of. */
export interface OperatorConfig {
  /**
   * Whether there is a server of this name; an override would be merged with it, and codex would
   * refuse both.
   */
  readonly hasServer: (name: string) => boolean;
  /**
   * The namespaces that are to be in front of the model already: an override takes the place of the
   * list.
   */
  readonly directNamespaces: readonly string[];
}

/**
 * Reads the text of a config.toml, '' when there is none, as far as the bridge has to know it: no
 * TOML parser, but the forms that codex and people write.
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
