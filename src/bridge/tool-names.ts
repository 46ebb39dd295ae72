import { createHash } from 'node:crypto';
import { isOlder } from '../codex/version.js';

/** The longest name of a function that the model's API takes. */
const MAX_TOOL_NAME = 64;

/**
 * The longest name of a server of which codex still makes a namespace that works with every tool.
 * Before 0.150 (measured on 0.135 and 0.145) it shortens namespace and tool to 62 characters
 * together, and no longer finds its own tools when less than 14 are left for the tool.
 */
const MAX_SERVER_NAME = 59;
const MAX_SERVER_NAME_BEFORE = 40;
const ROOMY_SINCE = '0.150.0';

const DIGEST = /_x[0-9a-f]{8}$/;
const digest = (text: string): string =>
  `_x${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;

/**
 * `text` in the characters that codex takes; what had to change gets a digest, and what looks as if
 * it had one, so that two texts become one only when 32 bits of SHA-256 agree.
 */
const cleaned = (text: string, prefix: string, max: number): string => {
  const plain = text.replace(/[^A-Za-z0-9_-]/g, '_');
  const name = `${prefix}${plain}`;
  const asItIs = text !== '' && plain === text && name.length <= max && !DIGEST.test(text);
  return asItIs ? name : `${name.slice(0, max - 10)}${digest(text)}`;
};

/** The name under which codex knows the tools of an agent: `plexum-host-<agent id>` (WIRE.md). */
export const serverName = (agentId: string, version: string | undefined): string =>
  cleaned(
    agentId,
    'plexum-host-',
    version !== undefined && isOlder(version, ROOMY_SINCE)
      ? MAX_SERVER_NAME_BEFORE
      : MAX_SERVER_NAME,
  );

/** A name beside it, for a codex whose config has a server of that name. */
export const otherServerName = (agentId: string, version: string | undefined): string =>
  serverName(`${agentId} of the turn`, version);

/** The namespace that codex makes of a server's name. */
export const namespaceOf = (server: string): string => `mcp__${server.replaceAll('-', '_')}`;

/** A name for a tool of the host that codex takes. */
export const toolName = (hostName: string): string => cleaned(hostName, '', MAX_TOOL_NAME);
