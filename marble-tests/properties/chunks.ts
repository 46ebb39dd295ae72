import fc from 'fast-check';

/**
 * Where bytes are split, as fractions of their length. A duplicate fraction makes an empty chunk.
 */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

/** The bytes in chunks with separate memory. */
export const chunked = (bytes: Uint8Array, shares: readonly number[]): Uint8Array[] => {
  const places = shares.map((share) => Math.round(share * bytes.length)).toSorted((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.slice(from, places[i] ?? bytes.length));
};

/** One chunk per byte. */
export const single = (bytes: Uint8Array): Uint8Array[] =>
  Array.from(bytes, (byte) => Uint8Array.of(byte));
