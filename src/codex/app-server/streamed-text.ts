/** A piece of a message as the host gets it. */
export interface Piece {
  readonly text: string;
  /** Whether a message begins with it. */
  readonly first: boolean;
}

/** The message that is being streamed. */
interface Streamed {
  readonly id: string;
  /** What codex has sent of it. */
  text: string;
  /** What the host has of an earlier try, while this one says the same. */
  again: string;
  begun: boolean;
  open: boolean;
}

/**
 * Turns the deltas of messages into pieces for the host, who cannot take anything back.
 *
 * A message that codex gives up, because its connection broke, it begins anew under another id:
 * what the host has of it already is passed over while both say the same; once they differ the new
 * message is sent whole, as a later one. So the last message that the host reads is always whole,
 * and as codex keeps it.
 */
export const createStreamedText = () => {
  let now: Streamed = { id: '', text: '', again: '', begun: false, open: false };

  const piece = (text: string): Piece | undefined => {
    if (text === '') return undefined;
    const first = !now.begun;
    now.begun = true;
    return { text, first };
  };
  const add = (delta: string): Piece | undefined => {
    now.text += delta;
    if (now.again === '') return piece(delta);
    if (now.text.length < now.again.length && now.again.startsWith(now.text)) return undefined;
    const same = now.text.startsWith(now.again);
    const rest = same ? now.text.slice(now.again.length) : now.text;
    now.again = '';
    now.begun = same;
    return piece(rest);
  };
  const begin = (id: string): void => {
    if (id === now.id) return;
    const sent = now.again.length > now.text.length ? now.again : now.text;
    now = { id, text: '', again: now.open ? sent : '', begun: false, open: true };
  };

  return {
    /** A delta of a message; nothing when the host has it already. */
    delta: (id: string, text: string): Piece | undefined => {
      begin(id);
      // A call of the same response may have begun meanwhile.
      now.open = true;
      return add(text);
    },
    /** The whole message, at its end; nothing when the host has all of it. */
    completed: (id: string, text: string): Piece | undefined => {
      begin(id);
      const isWhole = text.startsWith(now.text);
      const rest = isWhole ? add(text.slice(now.text.length)) : piece(restart(text));
      const short = now.again === '' ? undefined : piece(restart(text));
      now.open = false;
      return short ?? rest;
    },
    /** The model does something else: what it says next is another message. */
    closed: (): void => {
      now.open = false;
    },
  };

  /** The host has something else: it gets all of it, as a later message. */
  function restart(text: string): string {
    now.again = '';
    now.begun = false;
    now.text = text;
    return text;
  }
};
