import { BYPASS, type CodexArgument, codexArguments } from '../../arguments/codex-arguments.js';
import { choosesSandbox } from '../../arguments/sandbox-argument.js';

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
 * it. A flag that the operator gives is not given again, because codex refuses duplicates; the
 * model and the schema of the turn replace the operator's.
 */
export const execArgs = ({
  threadId,
  model,
  images,
  extraArgs,
  overrides = [],
  schemaFile,
}: ExecOptions): string[] => {
  const replaced = [
    ...(model === undefined ? [] : ['--model']),
    ...(schemaFile === undefined ? [] : ['--output-schema']),
  ];
  const kept = codexArguments(extraArgs).filter(({ flag }) => !replaced.includes(flag));
  const extra = [...kept.flatMap(wordsOf), ...overrides];
  const isGiven = (name: string): boolean => kept.some(({ flag }) => flag === name);
  const ours = [
    ...(isGiven('--json') ? [] : ['--json']),
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

/**
 * The words of an argument. `-i PATH` becomes `--image=PATH`: codex takes all arguments after `-i`
 * for images, including `resume` and the prompt.
 */
const wordsOf = ({ words, flag, value }: CodexArgument): readonly string[] =>
  flag === '--image' ? [`--image=${value}`] : words;
