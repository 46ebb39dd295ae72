import { textProblem } from '../text/text-problem.js';

/** The settings that name programs, arguments and models. */
interface Names {
  readonly binary: string;
  readonly extraArgs: readonly string[];
  readonly supportedModels: readonly string[];
  readonly modelArgs: Readonly<Record<string, string | readonly string[]>>;
}

/** Why no turn can run with these settings: what codex could not get as an argument. */
export const refusedSetting = ({ binary, extraArgs, modelArgs }: Names): string | undefined => {
  const problem = textProblem(binary);
  if (problem !== undefined) return `binary: ${problem}; remove it`;
  const lists = [
    ['extra_args', extraArgs] as const,
    ...Object.entries(modelArgs).flatMap(([id, args]) =>
      typeof args === 'string' ? [] : [[`model_args.${id}`, args] as const],
    ),
  ];
  for (const [key, args] of lists)
    for (const [nth, arg] of args.entries()) {
      if (arg === '--' || arg === '')
        return `${key}: "--" and "" would take the place of the prompt`;
      const wrong = textProblem(arg);
      if (wrong !== undefined) return `${key}: argument ${nth + 1} ${wrong}; remove it`;
    }
  return undefined;
};

/** Arguments beside which the sandbox of a profile is not asked for; a value of `-c`, too. */
const CHOOSES_SANDBOX =
  /^(-s|--sandbox|--full-auto|--yolo|--dangerously-bypass-approvals|(-c=?|--config=)?\s*(sandbox_mode|default_permissions)\s*=)/;

/** A sentence for each of these settings that has no effect. */
export const ignoredSettings = ({ modelArgs, extraArgs, supportedModels }: Names): string[] => [
  ...(Object.hasOwn(modelArgs, 'codex')
    ? [`model_args.codex is ignored, "codex" is always codex's own choice of model`]
    : []),
  ...(supportedModels.includes('')
    ? ['supported_models has an empty id, which no model has; remove it']
    : []),
  // A profile may choose a sandbox, and only codex knows whether it does.
  ...(extraArgs.some((arg) => /^(-p|--profile)/.test(arg)) &&
  !extraArgs.some((arg) => CHOOSES_SANDBOX.test(arg))
    ? [
        'a sandbox that the profile in extra_args chooses does not count; add "--sandbox" with its mode to extra_args if it should',
      ]
    : []),
];
