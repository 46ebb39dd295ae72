/** A line of more than the maximum length: only its size is kept. */
export interface OverlongLine {
  /** Bytes, without the line feed. */
  readonly overlong: number;
}

/** A line that is no UTF-8. */
export interface UndecodableLine {
  /** Bytes, without the line feed. */
  readonly undecodable: number;
}

export type Line = string | OverlongLine | UndecodableLine;

/** 128 MiB: twice the longest line that has to be read. */
export const MAX_LINE_BYTES = 128 * 1024 * 1024;
