import { createHash } from 'node:crypto';
import { codexCan } from '../codex/versions.js';

/** The longest function name of the model's API. */
const MAX_TOOL_NAME = 64;

/**
 * The longest server name whose namespace works with every tool. Before 0.149 (measured on 0.135
 * and 0.145) codex shortens namespace and tool name to 62 characters together, and does not find a
 * tool when fewer than 14 characters remain for its name.
 */
const MAX_SERVER_NAME = 59;
const MAX_SHORT_SERVER_NAME = 40;

const DIGEST = /_x[0-9a-f]{8}$/;
const digest = (text: string): string =>
  `_x${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;

/**
 * `text` in the characters that codex accepts. A changed text, and a text that looks like one, ends
 * with a digest, so that two texts get the same name only when 32 bits of SHA-256 agree.
 */
const codexName = (text: string, prefix: string, max: number): string => {
  const plain = text.replace(/[^A-Za-z0-9_-]/g, '_');
  const name = `${prefix}${plain}`;
  const isValid = text !== '' && plain === text && name.length <= max && !DIGEST.test(text);
  return isValid ? name : `${name.slice(0, max - 10)}${digest(text)}`;
};

/**
 * The name of an agent's MCP server in codex: `plexum-host-<agent id>`, see `src/plexum/WIRE.md`.
 */
export const serverName = (agentId: string, version: string | undefined): string =>
  codexName(
    agentId,
    'plexum-host-',
    codexCan(version, 'longToolNames') ? MAX_SERVER_NAME : MAX_SHORT_SERVER_NAME,
  );

/** Another name, for a codex whose config already has a server with the first one. */
export const otherServerName = (agentId: string, version: string | undefined): string =>
  serverName(`${agentId} of the turn`, version);

/** The namespace that codex derives from a server's name. */
export const namespaceOf = (server: string): string => `mcp__${server.replaceAll('-', '_')}`;

/** The name of a host tool in codex. */
export const toolName = (hostName: string): string => codexName(hostName, '', MAX_TOOL_NAME);
