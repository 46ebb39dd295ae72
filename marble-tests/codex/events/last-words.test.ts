import { describe, expect, it } from 'vitest';
import { lastWords, ownWords } from '../../../src/codex/events/last-words.js';

const WARNING = 'WARNING: proceeding, even though we could not create PATH aliases\n\n';
const FRAMES = '   0: rust_begin_unwind\n   1: main\n';
/** What follows the message, with and without RUST_BACKTRACE. */
const NOTES = [
  'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n',
  `stack backtrace:\n${FRAMES}note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.\n`,
  // RUST_BACKTRACE=full: no note behind the frames.
  `stack backtrace:\n${FRAMES}`,
];

describe('a panic', () => {
  // Of codex 0.135.0 ("main") to 0.171.0; before Rust 1.91 without the number of the thread.
  it.each(["thread 'main'", "thread 'main' (7)", "thread 'codex-main' (22057)"])(
    'of %s is its message, without the backtrace',
    (thread) => {
      const panic = `${thread} panicked at std/src/io/stdio.rs:1168:9:\nfailed printing to stdout`;
      for (const notes of NOTES) {
        expect(ownWords(`${WARNING}${panic}\n${notes}`)).toBe(panic);
        expect(lastWords(`${WARNING}${panic}\n${notes}`)).toBe('failed printing to stdout');
      }
    },
  );
});

describe('an error', () => {
  it.each(NOTES)('behind a panic and %j is the last one', (notes) => {
    const panic = "thread 'tokio-runtime-worker' (9) panicked at src/lib.rs:1:1:\nno";
    expect(ownWords(`${panic}\n${notes}Error: no more disk\n`)).toBe('Error: no more disk');
  });

  it('has its notes and causes', () => {
    const error = 'Error: cannot load the config\nCaused by:\n  no such file\nnote: see the docs';
    expect(ownWords(`Error: an earlier one\n${error}\n`)).toBe(error);
  });
});
