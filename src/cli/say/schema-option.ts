import { readFileSync } from 'node:fs';
import { type Either, left, mapLeft } from 'fp-ts/lib/Either.js';
import { type OutputSchema, outputSchema } from '../../codex/output-schema.js';
import { parseExact } from '../../lines/exact-json.js';
import { reasonOf } from '../../text/explain.js';

/** Reads a `--schema` file. Left: the path of the file and why it is rejected. */
export const readSchema = (file: string): Either<string, OutputSchema> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return left(`${file} cannot be read: ${reasonOf(error)}`);
  }
  return parseSchema(file, text);
};

/** Parses the text of a `--schema` file; see `readSchema`. */
export const parseSchema = (file: string, text: string): Either<string, OutputSchema> => {
  try {
    const value = parseExact(text.replace(/^\uFEFF/, ''));
    return mapLeft((reason: string) => `${file}: ${reason}`)(outputSchema(value));
  } catch (error) {
    return left(`${file} is not JSON: ${reasonOf(error)}`);
  }
};
