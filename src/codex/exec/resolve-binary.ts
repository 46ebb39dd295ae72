import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { hasEntry, pathProblem } from '../../process/file-problem.js';

/** The program to start as codex. */
export interface Binary {
  /** Absolute path; for the npm wrapper, the path of the native program. */
  readonly file: string;
  /** The variables that the npm wrapper sets. */
  readonly env: Readonly<Record<string, string>>;
}

/** The configured `binary` cannot be used. The message says why (`problem`), and what to do. */
export class BinaryError extends Error {
  override readonly name = 'BinaryError';
  readonly problem: string;
  constructor(problem: string, step?: string) {
    super(step === undefined ? problem : `${problem}; ${step}`);
    this.problem = problem;
  }
}

const HOW =
  'install it with "npm install -g @openai/codex" or set "binary" in config.json to its absolute path (under systemd PATH is short)';

/** The absolute path of `binary`, without resolving links. Throws `BinaryError`. */
export const findBinary = (binary: string, env: NodeJS.ProcessEnv): string =>
  path.isAbsolute(binary) ? requireExecutable(binary) : searchPath(binary, env);

/**
 * Resolves `binary`, a bare name on `env.PATH` or an absolute path. Replaces the script of the npm
 * package by the native program that it starts, so that signals reach codex itself. Throws
 * `BinaryError`.
 */
export const resolveBinary = (binary: string, env: NodeJS.ProcessEnv): Binary => {
  const found = findBinary(binary, env);
  return nativeOf(realpathSync(found), env) ?? { file: found, env: {} };
};

const requireExecutable = (file: string): string => {
  const problem = problemOf(file);
  if (problem !== undefined) throw new BinaryError(`the codex binary ${file} ${problem}`, HOW);
  return file;
};

const problemOf = (file: string): string | undefined => {
  const problem = pathProblem(file);
  if (problem !== undefined) return problem;
  if (!statSync(file).isFile()) return 'is not a file';
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return `is not executable (chmod +x ${file})`;
  }
};

const searchPath = (name: string, env: NodeJS.ProcessEnv): string => {
  if (name === '' || name.includes('/'))
    throw new BinaryError(
      `the codex binary ${JSON.stringify(name)} is neither a bare name nor an absolute path`,
      HOW,
    );
  const files = (env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((dir) => path.isAbsolute(dir))
    .map((dir) => path.join(dir, name));
  const usable = files.find((file) => problemOf(file) === undefined);
  if (usable !== undefined) return usable;
  const existing = files.find(hasEntry);
  if (existing !== undefined) return requireExecutable(existing);
  throw new BinaryError(
    `there is no codex binary ${JSON.stringify(name)} on PATH (${env['PATH'] ?? 'which is not set'})`,
    HOW,
  );
};

const triples: ReadonlyMap<string, string> = new Map([
  ['linux-x64', 'x86_64-unknown-linux-musl'],
  ['linux-arm64', 'aarch64-unknown-linux-musl'],
  ['darwin-x64', 'x86_64-apple-darwin'],
  ['darwin-arm64', 'aarch64-apple-darwin'],
]);

/** The native program that `@openai/codex/bin/codex.js` starts (0.135.0 and 0.169.0). */
const nativeOf = (script: string, env: NodeJS.ProcessEnv): Binary | undefined => {
  const triple = triples.get(`${process.platform}-${process.arch}`);
  if (triple === undefined || !/[\\/]bin[\\/]codex\.js$/.test(script)) return undefined;
  const packageRoot = path.dirname(path.dirname(script));
  return [...vendorOfPlatform(script), path.join(packageRoot, 'vendor')]
    .map((vendor) => path.join(vendor, triple))
    .flatMap((root) => [
      { file: path.join(root, 'bin', 'codex'), tools: path.join(root, 'codex-path') },
      { file: path.join(root, 'codex', 'codex'), tools: path.join(root, 'path') },
    ])
    .filter(({ file }) => problemOf(file) === undefined)
    .map(({ file, tools }) => ({
      file,
      env: {
        PATH: [tools, env['PATH'] ?? ''].filter((dirs) => dirs !== '').join(path.delimiter),
        CODEX_MANAGED_BY_NPM: '1',
        CODEX_MANAGED_PACKAGE_ROOT: packageRoot,
      },
    }))[0];
};

const vendorOfPlatform = (script: string): string[] => {
  try {
    return [
      path.join(
        path.dirname(
          createRequire(script).resolve(
            `@openai/codex-${process.platform}-${process.arch}/package.json`,
          ),
        ),
        'vendor',
      ),
    ];
  } catch {
    return [];
  }
};
