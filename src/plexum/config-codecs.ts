import * as t from 'io-ts';
import { guardCodec } from '../text/guard-codec.js';
import { textProblem } from '../text/text-problem.js';

/** Arrays of strings. A named type, so that error messages read "expected array of strings". */
export const strings = new t.Type<readonly string[], readonly string[], unknown>(
  'array of strings',
  t.array(t.string).is,
  t.array(t.string).validate,
  t.identity,
);

type Arguments = string | readonly string[];

/** A string, or an array of strings. An error names the nearer one. */
const stringOrStrings = new t.Type<Arguments, Arguments, unknown>(
  'string or array of strings',
  t.union([t.string, strings]).is,
  (value, context) => {
    if (Array.isArray(value)) return strings.validate(value, context);
    return t.string.is(value) ? t.success(value) : t.failure(value, context);
  },
  t.identity,
);

/** The JSON Schema of an argument of codex, as `parseConfig` checks it in a list. */
export const argumentSchema = { type: 'string', not: { enum: ['--', ''] } };

/** Objects whose values are strings or arrays of strings. */
export const argumentsMap = new t.Type<
  Readonly<Record<string, Arguments>>,
  Readonly<Record<string, Arguments>>,
  unknown
>(
  'object with string values, or with arrays of strings',
  t.record(t.string, stringOrStrings).is,
  t.record(t.string, stringOrStrings).validate,
  t.identity,
);

/** Integers from `least` to `most`, both included. */
export class Whole extends t.Type<number> {
  readonly least: number;
  readonly most: number;

  constructor(unit: string, least: number, most: number) {
    const is = (value: unknown): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    super(
      `whole ${unit} from ${least} to ${most}`,
      is,
      (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
      t.identity,
    );
    this.least = least;
    this.most = most;
  }
}

/** The longest delay of a Node timer: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;

/** Milliseconds for a timer. */
export const milliseconds = (least: 0 | 1): Whole => new Whole('milliseconds', least, MAX_MS);

const isFolder = (value: unknown): value is string =>
  typeof value === 'string' && /^[^~]/.test(value) && textProblem(value) === undefined;

/** Paths of folders. `~` is refused, since only a shell expands it. */
export const folder = guardCodec('path of a folder ("~" is not expanded)', isFolder);
