import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { readSession, SESSION_FILE, writeSession } from '../../src/node/session-file.js';
import { holds, holdsLater } from '../support/fuzz.js';
import { anyJson, half, noise } from './json-text.js';

const workspace = mkdtempSync(path.join(tmpdir(), 'plexum-session-'));
afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
});

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((each) => each.toUpperCase()),
);
const white = fc.constantFrom('', '\n', '\r\n', ' ', '\t', '\uFEFF', '\0', ' '.repeat(300));
const content = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(white, id, white).map((parts) => Buffer.from(parts.join(''))) },
  { weight: 1, arbitrary: half(id) },
  { weight: 1, arbitrary: fc.tuple(id, id).map((ids) => Buffer.from(ids.join('\n'))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, fc.nat(35), fc.integer({ min: 0, max: 255 }))
      .map(([text, at, byte]) => Buffer.from(text).fill(byte, at, at + 1)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('--version', '--last', '../../etc/passwd', '-c')
      .map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: noise },
  { weight: 1, arbitrary: anyJson.map((text) => Buffer.from(text)) },
);

describe('readSession, for a file of any bytes', () => {
  it('returns a UUID or a complaint', () => {
    holds(
      fc.property(content, (bytes) => {
        writeFileSync(path.join(workspace, SESSION_FILE), bytes);
        const { threadId, complaint } = readSession(workspace);
        const text = bytes.length > 256 ? '' : bytes.toString('utf8').trim().toLowerCase();

        expect(threadId).toBe(ID.test(text) ? text : undefined);
        expect(complaint === undefined).toBe(threadId !== undefined);
      }),
    );
  });

  it('returns the thread that writeSession wrote', async () => {
    await holdsLater(
      fc.asyncProperty(fc.uuid(), async (threadId) => {
        await lastValueFrom(writeSession(workspace, threadId), { defaultValue: undefined });

        expect(readSession(workspace)).toEqual({ threadId });
      }),
      // Each write is flushed to disk.
      { share: 20 },
    );
  });
});
