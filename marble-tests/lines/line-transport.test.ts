import { PassThrough } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { lineTransport } from '../../src/lines/line-transport.js';
import { MAX_UNSENT } from '../../src/lines/line-writer.js';

const request = (id: unknown, method = 'ping') => ({ jsonrpc: '2.0', id, method });
const cancel = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const stillOpen = (id: unknown) => ({
  jsonrpc: '2.0',
  id,
  error: {
    code: -32600,
    message: `a request with the id ${JSON.stringify(id)} is still open`,
    data: { kind: 'invalid_request' },
  },
});

const open = (lasting?: (method: string) => boolean, highWaterMark = 16_384) => {
  const output = new PassThrough({ highWaterMark });
  const transport = lineTransport(output, lasting);
  const delivered: JSONRPCMessage[] = [];
  transport.onmessage = (message) => delivered.push(message);
  /** The frames that were written since the last call. */
  const written = (): unknown[] =>
    String(output.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { output, transport, delivered, written };
};

describe('lineTransport', () => {
  it('does not write the response that the peer has, and frees the id of that request', async () => {
    const output = new PassThrough();
    const seen: string[] = [];
    const transport = lineTransport(output, undefined, {
      answered: 1,
      onLine: (line) => seen.push(line),
    });
    const ids: (string | number)[] = [];
    transport.onmessage = (message) => {
      if ('id' in message && message.id !== undefined) ids.push(message.id);
    };
    transport.receive(request(1, 'initialize'));
    transport.receive(request(1));
    for (const [a, id] of ids.entries())
      await transport.send({ jsonrpc: '2.0', id, result: { a } });

    expect(seen.map((line) => JSON.parse(line))).toEqual([
      { jsonrpc: '2.0', id: 1, result: { a: 0 } },
      { jsonrpc: '2.0', id: 1, result: { a: 1 } },
    ]);
    expect(String(output.read())).toBe(`${seen[1]}\n`);
  });

  describe('ids', () => {
    it.each([0, 1, -1.5, '', '0', 'a\n"b"'])(
      'passes the id %j as its JSON text, and answers with the id itself',
      async (id) => {
        const { transport, delivered, written } = open();
        transport.receive(request(id));
        expect(delivered).toEqual([request(JSON.stringify(id))]);

        await transport.send({ jsonrpc: '2.0', id: JSON.stringify(id), result: {} });
        expect(written()).toEqual([{ jsonrpc: '2.0', id, result: {} }]);
      },
    );

    it('keeps the ids 1 and "1" apart', () => {
      const { transport, delivered, written } = open();
      transport.receive(request(1));
      transport.receive(request('1'));

      expect(delivered).toEqual([request('1'), request('"1"')]);
      expect(written()).toEqual([]);
    });

    it('refuses a request while another request with its id is open', () => {
      const { transport, delivered, written } = open();
      transport.receive(request(1));
      transport.receive(request(1));

      expect(delivered).toHaveLength(1);
      expect(written()).toEqual([stillOpen(1)]);
    });

    it('accepts the id of a request that has been answered', async () => {
      const { transport, delivered } = open();
      transport.receive(request(1));
      await transport.send({ jsonrpc: '2.0', id: '1', result: {} });
      transport.receive(request(1));

      expect(delivered).toHaveLength(2);
    });

    it('sends a request of its own with its id unchanged', async () => {
      const { transport, written } = open();
      await transport.send({ jsonrpc: '2.0', id: 0, method: 'ping' });

      expect(written()).toEqual([request(0)]);
    });
  });

  describe('cancel', () => {
    it('passes the cancel of an open request with its inner id', () => {
      const { transport, delivered } = open();
      transport.receive(request('a'));
      transport.receive(cancel('a'));

      expect(delivered).toEqual([request('"a"'), cancel('"a"')]);
    });

    it('frees the id of an ordinary request at once', () => {
      const { transport, delivered, written } = open();
      transport.receive(request(1));
      transport.receive(cancel(1));
      transport.receive(request(1));

      expect(delivered).toHaveLength(3);
      expect(written()).toEqual([]);
    });

    it('keeps the id of a lasting request until it is forgotten', () => {
      const { transport, delivered, written } = open((method) => method === 'long');
      transport.receive(request(1, 'long'));
      transport.receive(cancel(1));
      transport.receive(request(1, 'long'));
      expect(delivered).toHaveLength(2);
      expect(written()).toEqual([stillOpen(1)]);

      transport.forget('1');
      transport.receive(request(1, 'long'));
      expect(delivered).toHaveLength(3);
    });

    it.each([1, 'unknown', null, undefined])(
      'ignores the cancel of %j, which is not an open request',
      async (id) => {
        const { transport, delivered, written } = open();
        transport.receive(request(1));
        await transport.send({ jsonrpc: '2.0', id: '1', result: {} });
        written();
        transport.receive(cancel(id));

        expect(delivered.filter((message) => 'id' in message)).toHaveLength(1);
        expect(written()).toEqual([]);
      },
    );
  });

  describe('responses of the peer', () => {
    it('passes a result without its _meta', () => {
      const { transport, delivered } = open();
      transport.receive({ jsonrpc: '2.0', id: 1, result: { a: 1, _meta: 'odd' } });

      expect(delivered).toEqual([{ jsonrpc: '2.0', id: 1, result: { a: 1 } }]);
    });

    it.each([
      ['a result that is not an object', { result: [1] }, 'the answer is no object: [1]'],
      ['an error without a code', { error: { message: 'no' } }, 'no'],
      ['an error with a fractional code', { error: { code: 1.5, message: 'no' } }, 'no'],
      ['an error that is a string', { error: 'no' }, '"no"'],
    ])('passes %s as an internal error', (_, body, message) => {
      const { transport, delivered } = open();
      transport.receive({ jsonrpc: '2.0', id: 1, ...body });

      expect(delivered).toEqual([{ jsonrpc: '2.0', id: 1, error: { code: -32603, message } }]);
    });

    it('ignores a response that the SDK throws on', () => {
      const { transport, written } = open();
      transport.onmessage = () => {
        throw new RangeError('too deep');
      };

      expect(() => transport.receive({ jsonrpc: '2.0', id: 9, result: {} })).not.toThrow();
      expect(written()).toEqual([]);
    });
  });

  describe('bad frames', () => {
    it('answers a line that is not JSON with a parse error', () => {
      const { transport, written } = open();
      transport.refuse('not JSON');

      expect(written()).toEqual([
        {
          jsonrpc: '2.0',
          id: null,
          error: {
            code: -32700,
            message: 'parse error: not JSON',
            data: { kind: 'invalid_request' },
          },
        },
      ]);
    });

    it.each<[unknown, unknown]>([
      [null, null],
      [[], null],
      [{ jsonrpc: '2.0', id: 1 }, 1],
      [{ jsonrpc: '2.0', id: 'a', method: 5 }, 'a'],
      [{ jsonrpc: '2.0', id: Infinity, method: 'ping' }, null],
    ])('answers %j with an invalid request error for the id %j', (frame, id) => {
      const { transport, delivered, written } = open();
      transport.receive(frame);

      expect(delivered).toEqual([]);
      expect(written()).toMatchObject([{ id, error: { code: -32600 } }]);
    });
  });

  describe('back-pressure', () => {
    it('emits false from a write that fills the pipe until the pipe has drained', async () => {
      const { output, transport } = open(undefined, 64);
      const seen: boolean[] = [];
      transport.ready$.subscribe({
        next: (ready) => seen.push(ready),
        error: (error: unknown) => expect.unreachable(String(error)),
      });
      expect(seen).toEqual([true]);

      const params = { text: 'x'.repeat(100) };
      await transport.send({ jsonrpc: '2.0', method: 'notifications/a', params });
      await transport.send({ jsonrpc: '2.0', method: 'notifications/b', params });
      expect(seen).toEqual([true, false]);

      const drained = new Promise((resolve) => output.once('drain', resolve));
      output.resume();
      await drained;
      expect(seen).toEqual([true, false, true]);
    });

    it('replays the current state to a late subscriber', async () => {
      const { transport } = open(undefined, 1);
      await transport.send({ jsonrpc: '2.0', method: 'notifications/a' });
      const seen: boolean[] = [];
      transport.ready$.subscribe({
        next: (ready) => seen.push(ready),
        error: (error: unknown) => expect.unreachable(String(error)),
      });

      expect(seen).toEqual([false]);
    });
  });

  describe('holding', () => {
    const large = { text: 'x'.repeat(MAX_UNSENT) };
    const sent = (method: string) => ({ jsonrpc: '2.0' as const, method, params: large });

    it('begins with more than 16 MiB to send, and ends when the pipe has drained', async () => {
      const { output, transport } = open();
      const seen: boolean[] = [];
      transport.holding.hold$.subscribe({
        next: (isHeld) => seen.push(isHeld),
        error: (error: unknown) => expect.unreachable(String(error)),
      });
      await transport.send({ jsonrpc: '2.0', method: 'notifications/a' });
      expect(seen).toEqual([false]);
      await transport.send(sent('notifications/b'));
      expect(seen).toEqual([false, true]);

      const drained = new Promise((resolve) => output.once('drain', resolve));
      output.resume();
      await drained;
      expect(seen).toEqual([false, true, false]);
    });

    it('counts 100 bytes for each frame besides its text', async () => {
      const { transport } = open(undefined, 1);
      const seen: boolean[] = [];
      transport.holding.hold$.subscribe({
        next: (isHeld) => seen.push(isHeld),
        error: (error: unknown) => expect.unreachable(String(error)),
      });
      for (let nth = 0; nth < MAX_UNSENT / 140; nth += 1)
        await transport.send({ jsonrpc: '2.0', method: 'notifications/a' });

      expect(seen).toEqual([false, true]);
    });

    it('drops the progress of calls meanwhile', async () => {
      const { transport, written } = open();
      await transport.send(sent('notifications/a'));
      await transport.send({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });

      expect(written()).toHaveLength(1);
    });

    it.each<[string, unknown, boolean]>([
      ['a response', { jsonrpc: '2.0', id: 5, result: {} }, true],
      ['an error response', { jsonrpc: '2.0', id: 5, error: { code: 1, message: 'no' } }, true],
      ['the progress of a call', { jsonrpc: '2.0', method: 'notifications/progress' }, true],
      ['the cancel of an open request', cancel('open'), true],
      ['the cancel of another request', cancel('held'), false],
      ['a request', request(6), false],
      ['a request that looks like a response', { ...request(6), result: {}, error: {} }, false],
      ['a request that looks like progress', request(6, 'notifications/progress'), false],
      [
        'progress with an id',
        { jsonrpc: '2.0', id: {}, method: 'notifications/progress', result: {} },
        false,
      ],
      ['another notification', { jsonrpc: '2.0', method: 'notifications/initialized' }, false],
      ['an array', [{ jsonrpc: '2.0', id: 5, result: {} }], false],
    ])('lets pass, or not: %s', (_, frame, passes) => {
      const { transport } = open();
      transport.receive(request('open'));

      expect(transport.holding.mayPass(JSON.stringify(frame))).toBe(passes);
    });

    it('lets no line pass that is no JSON or too long, and counts the text of a line', () => {
      const { mayPass, sizeOf } = open().transport.holding;

      expect([mayPass('{'), mayPass({ overlong: 5 })]).toEqual([false, false]);
      expect([sizeOf('abc'), sizeOf({ overlong: 5 })]).toEqual([103, 100]);
    });
  });

  describe('close', () => {
    it('notifies the SDK', async () => {
      const { transport } = open();
      let closed = 0;
      transport.onclose = () => {
        closed += 1;
      };
      await transport.close();

      expect(closed).toBe(1);
    });

    it('drops a response after the output has been destroyed', async () => {
      const { output, transport } = open();
      transport.receive(request(1));
      output.destroy();

      await expect(
        transport.send({ jsonrpc: '2.0', id: '1', result: {} }),
      ).resolves.toBeUndefined();
      expect(output.read()).toBeNull();
    });
  });
});
