import type { ErrorKind, TurnError } from '../../canonical/turn-event.js';
import { STEPS, stepsOf } from './failure-steps.js';
import { wordStep } from './word-steps.js';

// A message of an `error` event ends with what to do, in parentheses. Only this file knows that.

/** Words by which a message says itself what to do. */
export const SAYS_IT =
  /\b(?:please|try again|retry (?:after|later)|check your|upgrade|ask (?:your|an)|add credits|increase your|run (?:`codex|scripts\/)|start a new thread|contact|sign in|log ?in|re-run|choose (?:an|another)|remove (?:it|or)|switch to|set )\b/i;

/** What to do about a failure; `undefined` when its message says it itself. */
const stepFor = (kind: ErrorKind, text: string): string | undefined =>
  wordStep(kind, text) ??
  (SAYS_IT.test(text) && kind !== 'context_window' ? undefined : STEPS[kind]);

/** A step as it stands at the end of a message. */
export const inParentheses = (step: string | undefined): string =>
  step === undefined ? '' : ` (${step})`;

/** What to do about a failure, in parentheses; empty when its message says it itself. */
export const adviceFor = (kind: ErrorKind, text: string): string =>
  inParentheses(stepFor(kind, text));

/** The message of an `error` event without the step at its end, and that step. */
export const splitStep = ({
  kind,
  message,
}: Pick<TurnError, 'kind' | 'message'>): { readonly reason: string; readonly step?: string } => {
  const step = stepsOf(kind).find((each) => message.endsWith(inParentheses(each)));
  return step === undefined
    ? { reason: message }
    : { reason: message.slice(0, -inParentheses(step).length), step };
};

/** The error with another step at the end of its message. */
export const withStep = (error: TurnError, step: string): TurnError => ({
  ...error,
  message: splitStep(error).reason + inParentheses(step),
});
