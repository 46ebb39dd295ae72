import fc from 'fast-check';

/**
 * JSON as text, which may contain what JavaScript values cannot: duplicate keys, huge numbers, very
 * deep nesting.
 */
type Text = fc.Arbitrary<string>;

/** One of these texts. */
export const word = (...words: readonly string[]): Text =>
  fc.constantFrom(...words).map((each) => JSON.stringify(each));

const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '-7e-3',
  '9007199254740993',
  '123456789012345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
];
const odd = [
  '"\\ud800"',
  '"\\udc00x"',
  '"\\u0000"',
  '"\\u2028"',
  '"👨‍👩‍👧"',
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\/"',
  '" "',
];

/** A few levels more than codex accepts, or enough to overflow the stack. */
const brackets = fc.constantFrom<readonly [string, string]>(
  ['[', ']'],
  ['{"a":', '}'],
  ['{"type":', '}'],
  ['[{"content":', '}]'],
);
export const deep: Text = fc
  .tuple(fc.constantFrom(90, 130, 2_000, 20_000), brackets, fc.constantFrom('1', '"x"', 'null'))
  .map(([depth, [open, close], core]) => `${open.repeat(depth)}${core}${close.repeat(depth)}`);

const keys = fc.oneof(
  fc.constantFrom(
    'type',
    'id',
    'call_id',
    'content',
    'text',
    'name',
    'message',
    'error',
    'result',
    'payload',
    'output',
    'input',
    'arguments',
    'params',
    '__proto__',
    '',
  ),
  fc.string({ maxLength: 4 }),
);
const space = fc.oneof(
  { weight: 9, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', '\t', '  ', '\r') },
);

const { value } = fc.letrec<{ value: string; array: string; object: string; scalar: string }>(
  (tie) => ({
    scalar: fc.oneof(
      fc.constantFrom('null', 'true', 'false', ...numbers, ...odd),
      fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
      fc.double().map((number) => JSON.stringify(number)),
    ),
    array: fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
      .map(([values, gap]) => `[${gap}${values.join(`,${gap}`)}${gap}]`),
    object: fc
      .tuple(fc.array(fc.tuple(keys, tie('value')), { maxLength: 5 }), space)
      .map(
        ([members, gap]) =>
          `{${gap}${members.map(([key, inner]) => `${JSON.stringify(key)}${gap}:${gap}${inner}`).join(`,${gap}`)}}`,
      ),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('scalar'),
      tie('array'),
      tie('object'),
    ),
  }),
);

/** Any JSON. */
export const anyJson: Text = fc.oneof(
  { weight: 30, arbitrary: value },
  { weight: 1, arbitrary: deep },
);

/** Mostly `good`, sometimes any other JSON. */
export const mostly = (good: Text): Text =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: anyJson });

/**
 * An object with these fields. Sometimes a field is missing, duplicated, of another type, or
 * unknown.
 */
export const shape = (fields: Readonly<Record<string, Text>>): Text => {
  const members = Object.entries(fields).map(([key, good]) => {
    const member = mostly(good).map((text) => `${JSON.stringify(key)}:${text}`);
    return fc.oneof(
      { weight: 20, arbitrary: member.map((one) => [one]) },
      { weight: 1, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.tuple(member, member) },
    );
  });
  const more = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: value.map((text) => [`"later":${text}`]) },
  );
  return fc
    .tuple(fc.tuple(...members), more)
    .map(([known, later]) => `{${[...known.flat(), ...later].join(',')}}`);
};

/** An array of these. */
export const list = (item: Text, maxLength = 4): Text =>
  fc.array(item, { maxLength }).map((items) => `[${items.join(',')}]`);

/** Bytes that are mostly invalid text: noise and truncated characters. */
export const noise: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '\uFEFF',
      '\u2028',
      'Reading additional input from stdin...',
      '{',
      '"',
      'null',
      'NaN',
      '[]',
      '{}',
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom(1, 2, 3).map((length) => Buffer.from('🎉').subarray(0, length)),
);

/** Bytes that a counterexample prints as text. */
const legible = (bytes: Buffer): Buffer =>
  Object.assign(bytes, {
    [fc.toStringMethod]: () => `bytes of ${JSON.stringify(bytes.toString('utf8').slice(0, 2_000))}`,
  });

/** The beginning of a text as bytes. The last character may be truncated. */
export const half = (text: Text): fc.Arbitrary<Buffer> =>
  fc.tuple(text, fc.double({ min: 0, max: 1, noNaN: true })).map(([whole, share]) => {
    const bytes = Buffer.from(whole);
    return legible(bytes.subarray(0, Math.round(share * bytes.length)));
  });

/** JSON texts as lines of bytes, mixed with noise and truncated lines. */
export const linesOf = (text: Text, maxLength = 10): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.tuple(
        fc.oneof(
          { weight: 8, arbitrary: text.map((each) => Buffer.from(each)) },
          { weight: 1, arbitrary: noise },
          { weight: 1, arbitrary: half(text) },
        ),
        fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', '\n\n', ''),
      ),
      { maxLength },
    )
    .map((lines) =>
      legible(Buffer.concat(lines.flatMap(([line, feed]) => [line, Buffer.from(feed)]))),
    );
