import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The variable by which codex gets the token of its turn. */
export const TOKEN = 'PLEXUM_MCP_TOKEN';

/** 256 random bits, in hexadecimal. */
export const newToken = (): string => randomBytes(32).toString('hex');

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In constant time, whatever the lengths. */
export const sameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(hash(given), hash(expected));
