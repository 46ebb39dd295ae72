export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error';

/** Tells the host something that is no event of a turn. Never throws. */
export type Log = (
  level: LogLevel,
  msg: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
