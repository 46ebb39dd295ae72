/** A line of a rollout, without its line feed. */
export interface RolloutLine {
  /** The byte of the file where the line begins. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Replaces `length` bytes of a file in place by `text` and spaces. */
export interface Patch {
  readonly offset: number;
  readonly length: number;
  readonly text: Buffer;
}
