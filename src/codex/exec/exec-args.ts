/** What decides the arguments of one run. */
export interface ExecOptions {
  /** The thread to resume, a UUID; without one a new thread begins. */
  readonly threadId?: string | undefined;
  /** The value of `--model`; without one codex chooses. */
  readonly model?: string | undefined;
  /** Paths without a comma: codex would cut them there. */
  readonly images: readonly string[];
  /** The operator's own arguments. */
  readonly extraArgs: readonly string[];
  /** `-c` overrides of ours. */
  readonly overrides?: readonly string[] | undefined;
}

/**
 * The arguments of `codex exec`; the prompt comes on stdin (`-`).
 *
 * A resumed thread keeps neither its model nor its sandbox, so every flag is given again. On
 * `resume` the operator's arguments stand before the subcommand: `-s`, `-C`, `-p`, `--add-dir` and
 * `--color` are accepted nowhere else, and all others are accepted there too (measured on 0.135.0
 * and 0.169.0). Overrides stand beside the operator's: 0.135 forgets a `-c` before `resume` when
 * there is one after it. A flag of ours that the operator gives is left out, since codex refuses it
 * twice.
 */
export const execArgs = ({
  threadId,
  model,
  images,
  extraArgs,
  overrides = [],
}: ExecOptions): string[] => {
  const extra = [
    ...withImagesJoined(model === undefined ? extraArgs : withoutModel(extraArgs)),
    ...overrides,
  ];
  const given = (...names: string[]): boolean =>
    extra.some((arg) => names.includes(arg.split('=')[0] ?? ''));
  const ours = [
    ...(given('--json', '--experimental-json') ? [] : ['--json']),
    ...(given('--skip-git-repo-check') ? [] : ['--skip-git-repo-check']),
    ...(choosesSandbox(extra) ? [] : [BYPASS]),
    ...(model === undefined ? [] : ['--model', model]),
    ...images.map((path) => `--image=${path}`),
  ];
  return threadId === undefined
    ? ['exec', ...ours, ...extra, '-']
    : ['exec', ...extra, 'resume', threadId, ...ours, '-'];
};

/** Whether the operator decides what codex may do: then the bypass flag is not given. */
export const choosesSandbox = (extraArgs: readonly string[]): boolean =>
  extraArgs.some(
    (arg) =>
      /^(-s|--sandbox|--full-auto|--yolo$)/.test(arg) ||
      arg === BYPASS ||
      /^(-c=?|--config=)?\s*(sandbox_mode|default_permissions)\s*=/.test(arg),
  );

const BYPASS = '--dangerously-bypass-approvals-and-sandbox';

/**
 * The model of the turn counts more than a `-m` that stands among the operator's arguments for all
 * turns.
 */
const withoutModel = (args: readonly string[]): string[] =>
  args.filter(
    (arg, i) => !/^(-m|--model(=|$))/.test(arg) && !/^(-m|--model)$/.test(args[i - 1] ?? ''),
  );

/**
 * codex takes everything after `-i`, also `resume` and the prompt, for another image: only
 * `--image=` holds one.
 */
const withImagesJoined = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) => {
    if (/^(-i|--image)$/.test(args[i - 1] ?? '')) return [`--image=${arg}`];
    return /^(-i|--image)$/.test(arg) ? [] : [arg.replace(/^-i=?(?=.)/, '--image=')];
  });
