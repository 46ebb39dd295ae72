import * as t from 'io-ts';

/** The codec of a type guard. Error messages name it. */
export const guardCodec = <A>(name: string, is: t.Is<A>): t.Type<A> =>
  new t.Type<A>(
    name,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    t.identity,
  );
