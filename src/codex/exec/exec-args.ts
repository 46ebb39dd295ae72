import { BYPASS, choosesSandbox, codexArguments } from './codex-arguments.js';

/** The options of one run of `codex exec`. */
export interface ExecOptions {
  /** The thread to resume, a UUID; absent for a new thread. */
  readonly threadId?: string | undefined;
  /** The value of `--model`; absent for codex's default. */
  readonly model?: string | undefined;
  /** Paths without commas: codex splits at a comma. */
  readonly images: readonly string[];
  /** The operator's arguments for this turn; see `withModelArgs`. */
  readonly extraArgs: readonly string[];
  /** The file with the JSON Schema of the answer. */
  readonly schemaFile?: string | undefined;
  /** The plugin's `-c` overrides. */
  readonly overrides?: readonly string[] | undefined;
}

/**
 * The arguments of `codex exec`. codex reads the prompt from stdin (`-`).
 *
 * A resumed thread keeps neither its model nor its sandbox, so every flag is repeated. With
 * `resume` the operator's arguments come before the subcommand: only there codex accepts `-s`,
 * `-C`, `-p`, `--add-dir` and `--color` (measured on 0.135.0 and 0.169.0). Overrides follow the
 * operator's arguments, because 0.135 forgets a `-c` before `resume` when another one comes after
 * it. A flag that the operator gives is not given again, because codex refuses duplicates.
 */
export const execArgs = ({
  threadId,
  model,
  images,
  extraArgs,
  overrides = [],
  schemaFile,
}: ExecOptions): string[] => {
  const extra = [...joinImages(withoutFlags(extraArgs, { model, schemaFile })), ...overrides];
  const isGiven = (...names: string[]): boolean =>
    extra.some((arg) => names.includes(arg.split('=')[0] ?? ''));
  const ours = [
    ...(isGiven('--json', '--experimental-json') ? [] : ['--json']),
    ...(isGiven('--skip-git-repo-check') ? [] : ['--skip-git-repo-check']),
    ...(choosesSandbox(extra) ? [] : [BYPASS]),
    ...(model === undefined ? [] : ['--model', model]),
    ...(schemaFile === undefined ? [] : ['--output-schema', schemaFile]),
    ...images.map((path) => `--image=${path}`),
  ];
  return threadId === undefined
    ? ['exec', ...ours, ...extra, '-']
    : ['exec', ...extra, 'resume', threadId, ...ours, '-'];
};

/** The stdin of `codex exec` for a prompt. codex drops one U+FEFF at its beginning, as a mark. */
export const execInput = (prompt: string): string =>
  prompt.startsWith('\uFEFF') ? `\uFEFF${prompt}` : prompt;

/** The model and the schema of a turn replace those of the operator. */
const withoutFlags = (
  args: readonly string[],
  { model, schemaFile }: Pick<ExecOptions, 'model' | 'schemaFile'>,
): string[] =>
  codexArguments(args)
    .filter(
      ({ flag }) =>
        (flag !== '--model' || model === undefined) &&
        (flag !== '--output-schema' || schemaFile === undefined),
    )
    .flatMap(({ words }) => words);

/**
 * Rewrites `-i PATH` as `--image=PATH`: codex takes all arguments after `-i` for images, including
 * `resume` and the prompt.
 */
const joinImages = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) => {
    if (/^(-i|--image)$/.test(args[i - 1] ?? '')) return [`--image=${arg}`];
    return /^(-i|--image)$/.test(arg) ? [] : [arg.replace(/^-i=?(?=.)/, '--image=')];
  });
