/** One argument of codex, with its value where its flag takes one. */
export interface CodexArgument {
  /** The words as they were given. */
  readonly words: readonly string[];
  /** The usual name of the flag; the word itself where it is no flag that is known. */
  readonly flag: string;
  readonly value: string;
}

/** The flag that takes the sandbox away. */
export const BYPASS = '--dangerously-bypass-approvals-and-sandbox';

/** The flags with several names, by their other names. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['-c', '--config'],
  ['-m', '--model'],
  ['-s', '--sandbox'],
  ['-p', '--profile'],
  ['-C', '--cd'],
  ['-o', '--output-last-message'],
  ['-i', '--image'],
  ['--yolo', BYPASS],
  ['--experimental-json', '--json'],
]);

/** The flags of `codex exec` that take a value, once (0.135.0 to 0.171.0). */
const ONCE: ReadonlySet<string> = new Set([
  ...['--model', '--sandbox', '--profile', '--cd', '--output-last-message', '--output-schema'],
  ...['--color', '--local-provider', '--remote', '--remote-auth-token-env', '--thread-source'],
  '--cyber-access-program',
]);

/** The flags of `codex exec` that take a value, and may be repeated with another one. */
const REPEATED: ReadonlySet<string> = new Set([
  ...['--config', '--add-dir', '--enable', '--disable', '--image'],
]);

/** The flags of `codex exec` without a value (0.135.0 to 0.171.0). */
const SWITCHES: ReadonlySet<string> = new Set([
  ...[BYPASS, '--json', '--skip-git-repo-check', '--oss', '--full-auto', '--approve-for-me'],
  ...['--ephemeral', '--ignore-user-config', '--ignore-rules', '--strict-config'],
  '--dangerously-bypass-hook-trust',
]);

/** Whether codex refuses the flag when it is given twice. */
export const countsOnce = (flag: string): boolean => ONCE.has(flag) || SWITCHES.has(flag);
/** Whether codex takes the flag several times. */
export const isRepeated = (flag: string): boolean => REPEATED.has(flag);
export const takesValue = (flag: string): boolean => ONCE.has(flag) || isRepeated(flag);

/** `--flag=value`, `-f=value` or `-fvalue`. */
const JOINED = /^(?:(--[^=]+)=|(-[a-zA-Z])(?:=|(?=.)))(.*)$/s;

/** A lone `-` is a word, and no flag. */
export const isFlag = (word: string): boolean => /^-./s.test(word);

/**
 * Splits arguments into flags, each with its value, which may be joined to the flag or follow it. A
 * word that follows an unknown flag counts as its value: a newer codex may have such flags.
 */
export const codexArguments = (args: readonly string[]): CodexArgument[] => {
  const found: CodexArgument[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    const [, long, short, joined] = JOINED.exec(word) ?? [];
    const name = long ?? short ?? word;
    const flag = NAMES.get(name) ?? name;
    const next = args[i + 1];
    if (!takesValue(flag)) {
      const hasOwn = isFlag(word) && !SWITCHES.has(flag) && next !== undefined && !isFlag(next);
      const own = hasOwn ? [next] : [];
      i += own.length;
      found.push({ words: [word, ...own], flag: NAMES.get(word) ?? word, value: own.join('') });
    } else if (joined !== undefined) found.push({ words: [word], flag, value: joined });
    else {
      i += 1;
      found.push({ words: args.slice(i - 1, i + 1), flag, value: next ?? '' });
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

/** The value of the last `-c` with a key, as codex takes it; `undefined` without one. */
export const lastOverride = (args: readonly string[], key: string): string | undefined =>
  codexArguments(args)
    .map(overrideOf)
    .findLast((override) => override?.[0] === key)?.[1];
