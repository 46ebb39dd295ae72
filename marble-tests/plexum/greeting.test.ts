import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Greeting, greet, PROTOCOL_VERSIONS } from '../../src/plexum/greeting.js';
import { connectHost } from '../../src/plexum/host-connection.js';
import { manifest } from '../../src/plexum/manifest.js';
import { holdsLater } from '../support/fuzz.js';

const described = manifest('1.2.3', ['codex', 'ü']);
const params = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'daemon', version: '1' },
};
const initialize = { jsonrpc: '2.0', id: 'init', method: 'initialize', params };
const lineOf = (frame: unknown): Buffer => Buffer.from(`${JSON.stringify(frame)}\n`);

/** What the server writes first for the bytes of a host that has got a greeting. */
const answerTo = async (bytes: Buffer, greeted?: Greeting): Promise<string> => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const host = connectHost(input, output, { manifest: described, warnings: [], greeted });
  const reading = host.requests$.subscribe();
  input.end(bytes);
  const [written] = await once(output, 'data');
  reading.unsubscribe();
  return String(written);
};

const record = fc.dictionary(fc.string(), fc.constantFrom({}, { a: 1 }, { '0': null }));
const ordinary = fc.record({
  jsonrpc: fc.constant('2.0'),
  id: fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'grapheme' })),
  method: fc.constant('initialize'),
  params: fc.record({
    protocolVersion: fc.oneof(fc.constantFrom(...SUPPORTED_PROTOCOL_VERSIONS), fc.string()),
    capabilities: fc.record(
      {
        experimental: record,
        roots: fc.record({ listChanged: fc.boolean() }, { requiredKeys: [] }),
        sampling: fc.constant({}),
        elicitation: fc.constant({}),
      },
      { requiredKeys: [] },
    ),
    clientInfo: fc.record({ name: fc.string(), version: fc.string() }),
  }),
});

describe('greet', () => {
  it('knows the versions of the protocol that the MCP server knows', () => {
    expect(PROTOCOL_VERSIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
  });

  it('answers an ordinary initialize with the very line of the MCP server', async () => {
    await holdsLater(
      fc.asyncProperty(ordinary, async (frame) => {
        const greeting = greet(lineOf(frame), described);
        expect(`${greeting?.line}\n`).toBe(await answerTo(lineOf(frame)));
        expect(greeting?.id).toBe(frame.id);
      }),
      { share: 20 },
    );
  });

  it('reads the first line, whatever follows it', () => {
    const whole = Buffer.concat([lineOf(initialize), Buffer.from([0xff, 0x7b])]);
    expect(greet(whole, described)).toEqual(greet(lineOf(initialize), described));
  });

  it.each([
    ['an unfinished line', Buffer.from(JSON.stringify(initialize))],
    ['no JSON', Buffer.from('{\n')],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from([0xff]), lineOf(initialize)])],
    ['an empty line', Buffer.from('\n')],
    ['another request', lineOf({ ...initialize, method: 'ping' })],
    ['no id', lineOf({ ...initialize, id: undefined })],
    [
      'an id that JavaScript rounds',
      Buffer.from(lineOf(initialize).toString().replace('"init"', '9007199254740993')),
    ],
    ['an id with half a character', lineOf({ ...initialize, id: '\ud800' })],
    ['another version of JSON-RPC', lineOf({ ...initialize, jsonrpc: '1.0' })],
    ['a key that it does not know', lineOf({ ...initialize, params: { ...params, _meta: {} } })],
    [
      'a capability that it does not know',
      lineOf({ ...initialize, params: { ...params, capabilities: { tasks: {} } } }),
    ],
    [
      'a capability of another shape',
      lineOf({ ...initialize, params: { ...params, capabilities: { roots: 1 } } }),
    ],
    [
      'a capability that is nested too deep',
      Buffer.from(
        lineOf({ ...initialize, params: { ...params, capabilities: { experimental: { a: {} } } } })
          .toString()
          .replace('"a":{}', `"a":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
      ),
    ],
    [
      'a client without a version',
      lineOf({ ...initialize, params: { ...params, clientInfo: { name: 'a' } } }),
    ],
  ])('leaves %s to the server', (_what, bytes) => {
    expect(greet(bytes, described)).toBeUndefined();
  });
});

describe('connectHost', () => {
  it('does not answer again a host that was greeted, and answers its next request', async () => {
    const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
    const bytes = Buffer.concat([lineOf(initialize), lineOf(ping)]);
    const written = await answerTo(bytes, greet(bytes, described));
    expect(JSON.parse(written)).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  it('answers a greeted host that gives its next request the same id', async () => {
    const ping = { jsonrpc: '2.0', id: 'init', method: 'ping' };
    const cancel = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'init' },
    };
    const bytes = Buffer.concat([lineOf(initialize), lineOf(cancel), lineOf(ping)]);
    const written = await answerTo(bytes, greet(bytes, described));
    expect(JSON.parse(written)).toEqual({ jsonrpc: '2.0', id: 'init', result: {} });
  });
});
