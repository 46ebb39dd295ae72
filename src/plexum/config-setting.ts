import * as t from 'io-ts';

/** A row of the table of `config.json`. */
export interface ConfigRow {
  readonly key: string;
  readonly codec: t.Mixed;
  /** The value of an absent key; `undefined` where `unset` says what its absence means. */
  readonly default: unknown;
  readonly unset?: string;
  /** One line of Markdown, with the unit. */
  readonly about: string;
  /** JSON Schema keywords for what `parseConfig` checks beyond the codec. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** The codec of a row; it decodes an absent key to the default. */
export class Setting<A> extends t.Type<A, A> {
  readonly row: ConfigRow;

  constructor(row: ConfigRow, is: t.Is<A>, absent: A) {
    super(
      row.codec.name,
      is,
      (value, context) =>
        value === undefined ? t.success(absent) : row.codec.validate(value, context),
      t.identity,
    );
    this.row = row;
  }
}

/** A setting with a default value. */
export const setting = <A>(
  row: ConfigRow & { readonly codec: t.Type<A, A>; readonly default: NoInfer<A> },
): Setting<A> => new Setting<A>(row, row.codec.is, row.default);

/** A setting without a default value; `unset` says what its absence means. */
export const optional = <A>(
  row: Omit<ConfigRow, 'default'> & {
    readonly codec: t.Type<A, A>;
    readonly unset: string;
  },
): Setting<A | undefined> =>
  new Setting<A | undefined>(
    { ...row, default: undefined },
    (value): value is A | undefined => value === undefined || row.codec.is(value),
    undefined,
  );
