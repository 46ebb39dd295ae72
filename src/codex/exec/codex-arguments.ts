/** One argument of codex, with its value where its flag takes one. */
export interface CodexArgument {
  /** The words as they were given. */
  readonly words: readonly string[];
  /** The long name of the flag; the word itself where it is no flag that takes a value. */
  readonly flag: string;
  readonly value: string;
}

const LONG: ReadonlyMap<string, string> = new Map([
  ['-c', '--config'],
  ['-m', '--model'],
  ['-s', '--sandbox'],
  ['-p', '--profile'],
  ['-C', '--cd'],
  ['-o', '--output-last-message'],
  ['-i', '--image'],
]);

/** The flags of `codex exec` that take a value (0.135.0 to 0.171.0). */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...LONG.values(),
  ...['--add-dir', '--color', '--disable', '--enable', '--local-provider', '--output-schema'],
  ...['--remote', '--remote-auth-token-env', '--thread-source', '--cyber-access-program'],
]);

/** `--flag=value`, `-f=value` or `-fvalue`. */
const JOINED = /^(?:(--[^=]+)=|(-[a-zA-Z])=?(?=.))(.*)$/s;

/** Splits arguments into flags and their values, joined to the flag or behind it. */
export const codexArguments = (args: readonly string[]): CodexArgument[] => {
  const found: CodexArgument[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    const [, long, short, joined] = JOINED.exec(word) ?? [];
    const name = long ?? short ?? word;
    const flag = LONG.get(name) ?? name;
    if (!WITH_VALUE.has(flag)) found.push({ words: [word], flag: word, value: '' });
    else if (joined !== undefined) found.push({ words: [word], flag, value: joined });
    else {
      i += 1;
      found.push({ words: args.slice(i - 1, i + 1), flag, value: args[i] ?? '' });
    }
  }
  return found;
};

/** The texts of the `-c` among arguments, as they were given. */
export const overrideTexts = (args: readonly string[]): string[] =>
  codexArguments(args).flatMap(({ flag, value }) => (flag === '--config' ? [value] : []));

/** The key and the value of a `-c`. Both are as codex takes them: TOML, or else raw text. */
export const overrideOf = ({
  flag,
  value,
}: CodexArgument): readonly [string, string] | undefined => {
  if (flag !== '--config') return undefined;
  const [key = '', ...rest] = value.split('=');
  return [key.trim(), rest.join('=').trim()];
};

/**
 * The operator's arguments for a turn of a model id: those of `extra_args`, then those of the
 * model. An argument of the model replaces the arguments of `extra_args` for the same thing,
 * because codex refuses a flag that is given twice.
 */
export const withModelArgs = (
  extraArgs: readonly string[],
  modelArgs: readonly string[] = [],
): readonly string[] => {
  if (modelArgs.length === 0) return extraArgs;
  const chosen = new Set(codexArguments(modelArgs).map(subjectOf));
  const kept = codexArguments(extraArgs).filter((argument) => {
    const subject = subjectOf(argument);
    return subject === undefined || !chosen.has(subject);
  });
  return [...kept.flatMap(({ words }) => words), ...modelArgs];
};

/** The flag that takes the sandbox away, and the name of having none. */
export const BYPASS = '--dangerously-bypass-approvals-and-sandbox';
export const NO_SANDBOX = 'danger-full-access';

const isBypass = ({ flag }: CodexArgument): boolean => flag === BYPASS || flag === '--yolo';

/** How an argument chooses the sandbox. */
interface SandboxChoice {
  /** `undefined` where only codex knows: for a permission profile, and for what is no mode. */
  readonly mode: string | undefined;
  /** A flag counts before the `-c` of any place. */
  readonly isFlag: boolean;
}

/** The sandbox that an argument chooses; `undefined` for an argument about something else. */
export const sandboxOf = (argument: CodexArgument): SandboxChoice | undefined => {
  const { flag, value } = argument;
  if (isBypass(argument)) return { mode: NO_SANDBOX, isFlag: true };
  if (flag === '--full-auto') return { mode: 'workspace-write', isFlag: true };
  if (flag === '--sandbox') return { mode: value, isFlag: true };
  const [key, setting = ''] = overrideOf(argument) ?? [];
  if (key === 'default_permissions') return { mode: undefined, isFlag: false };
  if (key !== 'sandbox_mode') return undefined;
  return { mode: /^["']?([a-z-]+)["']?$/.exec(setting)?.[1], isFlag: false };
};

/** Whether arguments restrict the agent; false for the bypass flag. */
export const isSandboxed = (args: readonly string[]): boolean =>
  choosesSandbox(args) && !codexArguments(args).some(isBypass);

/** Whether arguments choose the sandbox. */
export const choosesSandbox = (args: readonly string[]): boolean =>
  codexArguments(args).some((argument) => subjectOf(argument) === THE_SANDBOX);

const REPEATED: ReadonlySet<string> = new Set(['--add-dir', '--enable', '--disable', '--image']);
const THE_SANDBOX = 'the sandbox';

/** What an argument decides; `undefined` for one that may be repeated. */
const subjectOf = (argument: CodexArgument): string | undefined => {
  const { flag } = argument;
  const [key] = overrideOf(argument) ?? [];
  if (sandboxOf(argument) !== undefined) return THE_SANDBOX;
  if (flag === '--model' || key === 'model') return 'the model';
  if (key !== undefined) return `-c ${key}`;
  return REPEATED.has(flag) ? undefined : flag;
};
