import * as t from 'io-ts';
import { Whole } from './config-codecs.js';
import { setting } from './config-setting.js';

/** The settings for what codex gets of the host's conversation beside the prompt. */
export const conversationSettings = {
  history: setting({
    key: 'history',
    codec: t.keyof({ lost: null, always: null, never: null }, '"lost", "always" or "never"'),
    default: 'lost',
    about:
      'which new threads begin with the earlier messages of the request: `"lost"` those that replace a lost, refused or full thread, `"always"` all of them, `"never"` none',
  }),
  historyMaxChars: setting({
    key: 'history_max_chars',
    codec: new Whole('characters', 0, 1_048_576),
    default: 100_000,
    about: 'characters of earlier messages that a new thread begins with, the newest first',
  }),
  onContextWindow: setting({
    key: 'on_context_window',
    codec: t.keyof({ error: null, new_thread: null }, '"error" or "new_thread"'),
    default: 'error',
    about:
      'the thread of the next turn after one that ran out of the context window: `"error"`: the same thread; `"new_thread"`: a new one, which begins with earlier messages if `history` says so',
  }),
  system: setting({
    key: 'system',
    codec: t.keyof({ developer: null, ignore: null }, '"developer" or "ignore"'),
    default: 'ignore',
    about:
      'what the `system` text of a request is used for: `"developer"`: developer instructions of the thread; `"ignore"`: nothing',
  }),
};

/** The values of these settings, by their names in `Config`. */
export type Conversation = Readonly<{
  [K in keyof typeof conversationSettings]: t.TypeOf<(typeof conversationSettings)[K]>;
}>;
