import { isUtf8 } from 'node:buffer';
import { isRight } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { Manifest } from './manifest.js';
import { method, PLUGIN_NAME, WIRE_VERSION } from './methods.js';

/** The answer to the first frame of a host. */
export interface Greeting {
  /** The JSON-RPC id of the host's `initialize`. */
  readonly id: string | number;
  /** The response. */
  readonly line: string;
}

/** What the plugin says about itself in that answer. */
export const introduction = ({ version, contracts }: Manifest) => ({
  capabilities: { logging: {}, experimental: { plexum: { wire: WIRE_VERSION, contracts } } },
  serverInfo: { name: PLUGIN_NAME, version },
});

/** Those of the MCP server, the latest first. */
export const PROTOCOL_VERSIONS = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
] as const;

const None = t.strict({});
/** The `initialize` that hosts send. Everything else that MCP allows is left to the server. */
const Initialize = t.strict({
  jsonrpc: t.literal('2.0'),
  id: t.union([t.string, t.number]),
  method: t.literal(method.initialize),
  params: t.strict({
    protocolVersion: t.string,
    capabilities: t.exact(
      t.partial({
        experimental: t.record(t.string, t.UnknownRecord),
        roots: t.exact(t.partial({ listChanged: t.boolean })),
        sampling: None,
        elicitation: None,
      }),
    ),
    clientInfo: t.strict({ name: t.string, version: t.string }),
  }),
});

/**
 * Answers an ordinary `initialize` exactly as the MCP server would, which takes three times as long
 * to load as Node. `undefined` when the server has to answer: for any other frame, and for one that
 * is not complete. `first` are the first bytes of the host.
 */
export const greet = (first: Buffer, manifest: Manifest): Greeting | undefined => {
  const end = first.indexOf('\n');
  if (end === -1 || !isUtf8(first.subarray(0, end))) return undefined;
  const frame = ordinary(first.toString('utf8', 0, end));
  if (frame === undefined) return undefined;
  const { id, params } = frame;
  if (typeof id === 'string' ? !id.isWellFormed() : !Number.isSafeInteger(id)) return undefined;
  const [latest] = PROTOCOL_VERSIONS;
  const protocolVersion =
    PROTOCOL_VERSIONS.find((version) => version === params.protocolVersion) ?? latest;
  const result = { protocolVersion, ...introduction(manifest) };
  return { id, line: JSON.stringify({ result, jsonrpc: '2.0', id }) };
};

const ordinary = (line: string): t.TypeOf<typeof Initialize> | undefined => {
  try {
    const frame: unknown = JSON.parse(line);
    const read = Initialize.decode(frame);
    // The codec drops what it does not know.
    return isRight(read) && JSON.stringify(read.right) === JSON.stringify(frame)
      ? read.right
      : undefined;
  } catch {
    // No JSON, or nested too deep to be written.
    return undefined;
  }
};
