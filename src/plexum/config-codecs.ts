import * as t from 'io-ts';

/** Arrays of strings. A named type, so that error messages read "expected array of strings". */
export const strings = new t.Type<readonly string[], readonly string[], unknown>(
  'array of strings',
  t.array(t.string).is,
  t.array(t.string).validate,
  t.identity,
);

/** Objects whose values are strings. */
export const stringMap = new t.Type<
  Readonly<Record<string, string>>,
  Readonly<Record<string, string>>,
  unknown
>(
  'object with string values',
  t.record(t.string, t.string).is,
  t.record(t.string, t.string).validate,
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
  typeof value === 'string' && /^[^~\0][^\0]*$/.test(value);

/** Paths of folders. `~` is refused, since only a shell expands it. */
export const folder = new t.Type<string, string, unknown>(
  'path of a folder ("~" is not expanded)',
  isFolder,
  (value, context) => (isFolder(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);
