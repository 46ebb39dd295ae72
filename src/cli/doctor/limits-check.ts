import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { resetWords, windowsOf, windowWords } from '../../codex/events/rate-limits.js';
import type { CodexSays } from './ask-app-server.js';
import { type Check, checkOf } from './check.js';

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

/**
 * Reports the plan of the login, and how much of its limits is used. What codex does not say is
 * said, and is no problem: it may need a network that this shell does not have.
 */
export const checkLimits = ({ account, limits }: Pick<CodexSays, 'account' | 'limits'>): Check => {
  const plan = isLeft(limits) ? undefined : planIn(limits.right);
  if (isLeft(account) && isLeft(limits) && account.left === limits.left)
    return green(`login and limits: not known: ${limits.left}`);
  const login = isLeft(account)
    ? (plan ?? `not known: ${account.left}`)
    : loginWords(account.right);
  const windows = isLeft(limits) ? [] : limitsIn(limits.right);
  const lines = isLeft(limits)
    ? [`limits: not known: ${limits.left}`]
    : windows.length === 0
      ? ['limits: codex names none']
      : windows.map(({ text }) => text);
  const detail = [`login: ${login}`, ...lines].join('\n');
  return windows.some(({ usedPercent }) => usedPercent >= NEARLY_USED_UP)
    ? yellow(detail, 'wait for the reset, or use another login')
    : green(detail);
};

const loginWords = (answer: unknown): string => {
  if (!AccountAnswer.is(answer)) return 'not known: codex gives it in a form that is not known';
  const { account } = answer;
  if (account === null) return 'none of OpenAI';
  if (account.type === 'apiKey') return 'an API key';
  const type = account.type === 'chatgpt' ? 'ChatGPT' : account.type;
  return account.planType === undefined ? type : `${type}, plan ${account.planType}`;
};

const WithPlan = t.type({ rateLimits: t.type({ planType: t.string }) });

/** The plan, which the limits name too. From 0.169 on, the account needs more of the network. */
const planIn = (answer: unknown): string | undefined =>
  WithPlan.is(answer) ? `ChatGPT, plan ${answer.rateLimits.planType}` : undefined;

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
