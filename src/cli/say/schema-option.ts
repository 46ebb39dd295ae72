import { chain, type Either, left, mapLeft, right } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { from, map, type Observable } from 'rxjs';
import { type OutputSchema, outputSchema } from '../../codex/output-schema.js';
import { STRICT_STEP, strictProblem } from '../../codex/strict-schema.js';
import { exactJson, parseExact } from '../../lines/exact-json.js';
import { readInterruptibly } from '../../process/exit-signals.js';
import { reasonOf } from '../../text/explain.js';

/** Reads a `--schema` file. Left: the path of the file and why it is rejected. */
export const readSchema = (file: string): Either<string, OutputSchema> => {
  let text: string;
  try {
    text = readInterruptibly(file);
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

/** A schema that an answer can be compared with. */
export interface AnswerSchema {
  readonly schema: OutputSchema;
  /** Why a value does not fit. */
  readonly misfit: (value: unknown) => string | undefined;
  /** A sentence for what the API of OpenAI refuses; another provider may take it. */
  readonly warnings: readonly string[];
}

/**
 * Compiles a `--schema` file. Emits it, or why it is rejected, once, and completes. Does not fail.
 * The validator is loaded only now: it takes longer to load than the rest of the command.
 */
export const compileSchema = (file: string): Observable<Either<string, AnswerSchema>> =>
  from(import('@modelcontextprotocol/sdk/validation/ajv')).pipe(
    map(({ AjvJsonSchemaValidator }) =>
      chain((schema: OutputSchema): Either<string, AnswerSchema> => {
        try {
          // The validator refuses a schema that names a draft it has not got.
          const read = withoutProto({ ...schema, $schema: undefined });
          const plain = t.UnknownRecord.is(read) ? read : {};
          const validate = new AjvJsonSchemaValidator().getValidator(plain);
          const problem = strictProblem(plain);
          return right({
            schema,
            misfit: (value) => {
              const result = validate(withoutProto(value));
              return result.valid ? undefined : firstOf(withProto(result.errorMessage));
            },
            warnings:
              problem === undefined
                ? []
                : [`${file}: the API of OpenAI refuses it: ${withProto(problem)}; ${STRICT_STEP}`],
          });
        } catch (error) {
          return left(`${file} is no JSON Schema that can be used: ${reasonOf(error)}`);
        }
      })(readSchema(file)),
    ),
  );

/**
 * Ajv passes over a property of the first name: both sides of a check have the second, which most
 * patterns take that take the first.
 */
const [PROTO, STAND_IN] = ['__proto__', '__qroto__'];

const withoutProto = (value: unknown): unknown =>
  JSON.parse(exactJson(value).replaceAll(PROTO, STAND_IN));

const withProto = (words: string): string => words.replaceAll(STAND_IN, PROTO);

/** Characters of what does not fit: each item of a long list may be an error of its own. */
const MAX_MISFIT = 1_000;

const firstOf = (problems: string): string =>
  problems.length > MAX_MISFIT ? `${problems.slice(0, MAX_MISFIT)}…` : problems;
