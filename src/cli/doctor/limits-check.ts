import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { resetWords, windowsOf, windowWords } from '../../codex/events/rate-limits.js';
import type { Answer, CodexSays } from './ask-app-server.js';
import { type Check, checkOf } from './check.js';
import { LOGIN_STEP } from './login-check.js';

const { green, yellow } = checkOf('limits');

/** The answers of codex (0.135.0 to 0.171.0), as far as they are read: no names, no addresses. */
const AccountAnswer = t.type({
  account: t.union([
    t.null,
    t.intersection([t.type({ type: t.string }), t.partial({ planType: t.string })]),
  ]),
});
const LimitsAnswer = t.intersection([
  t.type({ rateLimits: t.UnknownRecord }),
  t.partial({ rateLimitsByLimitId: t.union([t.null, t.UnknownRecord]) }),
]);

/** Percent of a window from which the operator should do something. */
const NEARLY_USED_UP = 95;

/** What codex says of limits that the API does not give to this login. */
const REFUSED_LOGIN = /\b401 Unauthorized\b/;

/**
 * Reports the plan of the login, and how much of its limits is used. What codex does not say is
 * said, and is no problem: it may need a network that this shell does not have.
 */
export const checkLimits = ({ account, limits }: Pick<CodexSays, 'account' | 'limits'>): Check => {
  if (isLeft(account) && isLeft(limits) && account.left === limits.left)
    return green(`login and limits: not known: ${limits.left}`);
  const windows = isLeft(limits) ? [] : limitsIn(limits.right);
  const lines = isLeft(limits)
    ? [`limits: not known: ${limits.left}`]
    : windows.length === 0
      ? ['limits: codex names none']
      : windows.map(({ text }) => text);
  const detail = [`login: ${loginWords(account, planIn(limits))}`, ...lines].join('\n');
  if (isLeft(limits) && REFUSED_LOGIN.test(limits.left)) return yellow(detail, LOGIN_STEP);
  return windows.some(({ usedPercent }) => usedPercent >= NEARLY_USED_UP)
    ? yellow(detail, 'wait for the reset, or use another login')
    : green(detail);
};

/** `plan` is the one that the limits name, if they do. */
const loginWords = (answer: Answer, plan: string | undefined): string => {
  if (isLeft(answer))
    return plan === undefined ? `not known: ${answer.left}` : `ChatGPT, plan ${plan}`;
  if (!AccountAnswer.is(answer.right))
    return 'not known: codex gives it in a form that is not known';
  const { account } = answer.right;
  if (account === null) return 'none of OpenAI';
  if (account.type === 'apiKey') return 'an API key';
  if (account.type !== 'chatgpt') return account.type;
  const current = plan ?? account.planType;
  return current === undefined ? 'ChatGPT' : `ChatGPT, plan ${current}`;
};

const WithPlan = t.type({ rateLimits: t.type({ planType: t.string }) });

/**
 * The plan that the limits name. It comes from the API, where the one of the account may be that of
 * an older token (before 0.169), or needs more of the network.
 */
const planIn = (limits: Answer): string | undefined => {
  if (isLeft(limits) || !WithPlan.is(limits.right)) return undefined;
  const { planType } = limits.right.rateLimits;
  return planType === 'unknown' ? undefined : planType;
};

/** The windows of all limits, one limit alone without its name. */
const limitsIn = (answer: unknown): { readonly text: string; readonly usedPercent: number }[] => {
  if (!LimitsAnswer.is(answer)) return [];
  const byId = Object.entries(answer.rateLimitsByLimitId ?? {});
  const all: readonly (readonly [string, unknown])[] =
    byId.length === 0 ? [['codex', answer.rateLimits]] : byId;
  return all.flatMap(([id, limits]) =>
    windowsOf(limits).map((window) => {
      const reset = resetWords(window);
      const name = all.length === 1 ? '' : ` of ${id}`;
      const used = `limit${name} (${windowWords(window)}): ${window.usedPercent} % used`;
      return {
        text: reset === undefined ? used : `${used}, resets at ${reset}`,
        usedPercent: window.usedPercent,
      };
    }),
  );
};
