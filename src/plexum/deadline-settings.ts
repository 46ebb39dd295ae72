import type * as t from 'io-ts';
import { milliseconds } from './config-codecs.js';
import { setting } from './config-setting.js';

/** The settings for the deadlines of a turn, which `Config` groups as `deadlines`. */
export const deadlineSettings = {
  firstEvent: setting({
    key: 'first_event_timeout_ms',
    codec: milliseconds(0),
    default: 120_000,
    about: 'milliseconds from the start of codex to its first event; 0 means no limit',
  }),
  idle: setting({
    key: 'idle_timeout_ms',
    codec: milliseconds(0),
    default: 600_000,
    about: 'milliseconds without a sign of life of codex while no tool runs; 0 means no limit',
  }),
  command: setting({
    key: 'command_timeout_ms',
    codec: milliseconds(0),
    default: 3_600_000,
    about:
      'milliseconds without a sign of life of codex while a tool or command runs, also in the background; 0 means no limit',
  }),
  reconnect: setting({
    key: 'reconnect_timeout_ms',
    codec: milliseconds(0),
    default: 30_000,
    about:
      'milliseconds during which codex may do nothing but try to reconnect to the model; its next try after that ends the turn; 0 means no limit',
  }),
  turn: setting({
    key: 'turn_timeout_ms',
    codec: milliseconds(0),
    default: 0,
    about: 'milliseconds for the whole turn; 0 means no limit',
  }),
};

/** Milliseconds after which a turn is ended; 0 means no limit. */
export type Deadlines = Readonly<{
  [K in keyof typeof deadlineSettings]: t.TypeOf<(typeof deadlineSettings)[K]>;
}>;
