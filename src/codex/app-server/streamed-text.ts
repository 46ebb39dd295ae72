/** A piece of a message for the host. */
export interface Piece {
  readonly text: string;
  /** Whether it begins a message. */
  readonly first: boolean;
}

/** The message that is being streamed. */
interface Streamed {
  readonly id: string;
  /** The text that codex has sent so far. */
  text: string;
  /** The text that the host has from an abandoned try, while this try repeats it; else empty. */
  repeated: string;
  /** Whether the host has a piece of it. */
  started: boolean;
  /** Whether codex may still abandon it. */
  open: boolean;
}

/**
 * Turns the deltas of messages into pieces for the host, which cannot take text back.
 *
 * When its connection breaks, codex abandons a message and starts it again under another id. While
 * the new message repeats what the host already has, nothing is sent. When it differs, it is sent
 * whole, as a later message. So the last message of the host is always complete and the one that
 * codex has.
 */
export const createStreamedText = () => {
  let now: Streamed = { id: '', text: '', repeated: '', started: false, open: false };

  const piece = (text: string): Piece | undefined => {
    if (text === '') return undefined;
    const first = !now.started;
    now.started = true;
    return { text, first };
  };
  const add = (delta: string): Piece | undefined => {
    now.text += delta;
    if (now.repeated === '') return piece(delta);
    if (now.text.length < now.repeated.length && now.repeated.startsWith(now.text))
      return undefined;
    const same = now.text.startsWith(now.repeated);
    const rest = same ? now.text.slice(now.repeated.length) : now.text;
    now.repeated = '';
    now.started = same;
    return piece(rest);
  };
  const begin = (id: string): void => {
    if (id === now.id) return;
    const sent = now.repeated.length > now.text.length ? now.repeated : now.text;
    now = { id, text: '', repeated: now.open ? sent : '', started: false, open: true };
  };

  return {
    /** The piece for a delta; `undefined` when the host has the text. */
    delta: (id: string, text: string): Piece | undefined => {
      begin(id);
      // A call of the same response may have started in between.
      now.open = true;
      return add(text);
    },
    /** The missing piece of a completed message; `undefined` when the host has all of it. */
    completed: (id: string, text: string): Piece | undefined => {
      begin(id);
      const isWhole = text.startsWith(now.text);
      const rest = isWhole ? add(text.slice(now.text.length)) : piece(restart(text));
      const short = now.repeated === '' ? undefined : piece(restart(text));
      now.open = false;
      return short ?? rest;
    },
    /** The model has started another item: the next text is another message. */
    close: (): void => {
      now.open = false;
    },
  };

  /** The texts differ: the host gets the whole text, as a later message. */
  function restart(text: string): string {
    now.repeated = '';
    now.started = false;
    now.text = text;
    return text;
  }
};
