/**
 * What no argument, path or name of a model may have, in words; `undefined` for a text without it.
 */
export const textProblem = (text: string): string | undefined => {
  if (text.includes('\0')) return 'has a NUL character';
  return text.isWellFormed() ? undefined : 'has half a character (a lone surrogate)';
};
