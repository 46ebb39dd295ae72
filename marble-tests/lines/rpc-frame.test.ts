import { describe, expect, it } from 'vitest';
import { readFrame } from '../../src/lines/read-frame.js';
import { inboundFrame } from '../../src/lines/rpc-frame.js';

describe('inboundFrame', () => {
  it.each([
    ['-0', -0],
    ['0', 0],
    ['"a"', 'a'],
  ])('has the id of a response as the number that it answers: %s', (id, own) => {
    expect(inboundFrame(readFrame(`{"jsonrpc":"2.0","id":${id},"result":{}}`))).toEqual({
      jsonrpc: '2.0',
      id: own,
      result: {},
    });
  });
});
