import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { mutate, mutations } from '../../scripts/mutants/mutations.mjs';
import { testsOf } from '../../scripts/mutants/tests-of.mjs';

const mutantsOf = (source: string): string[] =>
  mutations('x.ts', source).map((mutation) => mutate(source, mutation));

describe('mutations', () => {
  it.each([
    ['a comparison', 'const x = a < b;', ['const x = a <= b;']],
    ['a logical operator', 'const x = a && b;', ['const x = a || b;']],
    ['a number', 'const x = f(3);', ['const x = f((3 + 1));', 'const x = f((3 - 1));']],
    ['a text', "const x = f('a');", ["const x = f('');"]],
    ['a flag', 'const x = f(true);', ['const x = f(false);']],
    ['the condition of an if', 'if (a) b = c;', ['if (!(a)) b = c;', 'if (a) ;']],
    ['a statement', 'f();', [';']],
    [
      'an operator in a pipe',
      'const x = y.pipe(a, b);',
      [
        'const x = y.pipe((/** @type {any} */ (source) => source), b);',
        'const x = y.pipe(a, (/** @type {any} */ (source) => source));',
      ],
    ],
  ])('change %s', (_what, source, mutants) => {
    expect(mutantsOf(source)).toEqual(mutants);
  });

  it.each([
    ['module names', "import { a } from 'a';"],
    ['types', "type A = 'a' | 1; const a: 'a' = b;"],
    ['names of properties', "const x = { 'a-b': c };"],
    ['the parts of a text', 'const x = `a` + b;'],
  ])('leave %s alone', (_what, source) => {
    expect(mutantsOf(source)).toEqual([]);
  });
});

describe('testsOf', () => {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  const named = (source: string): string[] =>
    testsOf(project, path.join(project, source)).map((test) =>
      path.relative(path.join(project, 'marble-tests'), test),
    );

  it('lists the tests that import the file, those of its own folder first', () => {
    expect(named('src/session/call-lines.ts').slice(0, 2)).toEqual([
      'session/call-lines.test.ts',
      'properties/call-lines.test.ts',
    ]);
  });

  it('lists the tests of its folder that reach the file through another source', () => {
    expect(named('src/codex/events/failure-rules.ts')).toContain('codex/events/failure.test.ts');
  });
});
