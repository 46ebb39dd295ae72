import { type Either, left, right } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { exactJson } from '../lines/exact-json.js';
import { wellFormed } from '../lines/well-formed.js';
import { reasonOf } from '../text/explain.js';

/** The JSON Schema of the answer of a turn. codex passes it to the model as it is. */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** Bytes of JSON. The API of OpenAI takes 120,000 characters of names and values at most. */
const MAX_BYTES = 256 * 1024;

/** A JSON Schema that codex can parse. Left: why it is none. */
export const outputSchema = (value: unknown): Either<string, OutputSchema> => {
  try {
    const schema = wellFormed(value);
    if (!t.UnknownRecord.is(schema) || Array.isArray(schema))
      return left(`expected a JSON Schema, which is an object, got ${nameOf(schema)}`);
    const bytes = Buffer.byteLength(exactJson(schema));
    return bytes > MAX_BYTES
      ? left(`it has ${bytes} bytes, and ${MAX_BYTES} are the most`)
      : right(schema);
  } catch (error) {
    return left(reasonOf(error));
  }
};

const nameOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? 'a text' : JSON.stringify(value);
};
