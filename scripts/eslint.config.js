import { fileURLToPath } from 'node:url';
import { defineConfig } from 'eslint/config';
import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig(
  { ignores: ['dist/**', 'lib/**', 'node_modules/**', '.cache/**'] },
  {
    files: ['src/**/*.ts', 'marble-tests/**/*.ts', 'scripts/**/*.{mjs,cjs,js,ts}'],
    extends: [tseslint.configs.strictTypeChecked, rxjsX.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A codec and its static type share one name, as io-ts has it.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-shadow': 'error',
      // A new kind has to be met in every switch: `if` asks for some kinds only.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  { files: ['scripts/**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['marble-tests/**/*.ts'],
    rules: {
      'rxjs-x/no-ignored-default-value': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'fc', property: 'assert', message: '`npm run fuzz` runs what `holds` runs' },
      ],
    },
  },
  { files: ['marble-tests/support/fuzz.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    // Tests and scripts read the frames of other programs as they come.
    files: ['marble-tests/**/*.ts', 'scripts/**/*.{mjs,cjs}'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
);
