/** The version in a text such as `codex-cli 0.171.0`. */
export const parseVersion = (text: string): string | undefined =>
  /\b(\d+\.\d+\.\d+)/.exec(text)?.[1];

/** Whether `version` is older than `than`. Both have the form `major.minor.patch`. */
export const isOlder = (version: string, than: string): boolean => {
  const parts = (text: string): number[] => text.split('.').map(Number);
  const [a, b] = [parts(version), parts(than)];
  const i = a.findIndex((part, at) => part !== (b[at] ?? 0));
  return i !== -1 && (a[i] ?? 0) < (b[i] ?? 0);
};
