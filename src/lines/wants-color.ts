/** Whether to write colors: on a terminal, unless NO_COLOR or a dumb terminal says no. */
export const wantsColor = (isTty: boolean, env: NodeJS.ProcessEnv): boolean =>
  isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
