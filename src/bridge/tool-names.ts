import { createHash } from 'node:crypto';

/** Names of one server's tools have to differ, and codex cuts what is longer than 64 with its namespace. */
const MAX_TOOL_NAME = 40;
const MAX_SERVER_NAME = 40;

const DIGEST = /_x[0-9a-f]{8}$/;
const digest = (text: string): string => `_x${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;

/** `text` in the characters that codex takes; what had to change gets a digest, and what looks as if it had one, so that two texts never become one. */
const cleaned = (text: string, prefix: string, max: number): string => {
  const plain = text.replace(/[^A-Za-z0-9_-]/g, '_');
  const name = `${prefix}${plain}`;
  const asItIs = text !== '' && plain === text && name.length <= max && !DIGEST.test(text);
  return asItIs ? name : `${name.slice(0, max - 10)}${digest(text)}`;
};

/** The name under which codex knows the tools of an agent: `plexum-host-<agent id>`. */
export const serverName = (agentId: string): string => cleaned(agentId, 'plexum-host-', MAX_SERVER_NAME);

/** The namespace that codex makes of a server's name. */
export const namespaceOf = (server: string): string => `mcp__${server.replaceAll('-', '_')}`;

/** A name for a tool of the host that codex takes. Different names stay different. */
export const toolName = (hostName: string): string => cleaned(hostName, '', MAX_TOOL_NAME);
