import * as t from 'io-ts';

/**
 * The environment variable by which the processes of a thread are found after its turn: the
 * commands and our MCP servers inherit it.
 */
export const THREAD_MARKER = 'PLEXUM_CODEX_THREAD';

type ThreadConfig = Readonly<Record<string, unknown>>;

/** The config of a thread with the marker in the environment of everything that it starts. */
export const markedConfig = (config: ThreadConfig, marker: string): ThreadConfig => ({
  ...Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      /^mcp_servers\.[^.]+\.env$/.test(key) && t.UnknownRecord.is(value)
        ? { ...value, [THREAD_MARKER]: marker }
        : value,
    ]),
  ),
  [`shell_environment_policy.set.${THREAD_MARKER}`]: marker,
});
