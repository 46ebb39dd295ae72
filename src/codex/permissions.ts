import * as t from 'io-ts';
import { NO_SANDBOX } from '../arguments/sandbox-argument.js';

/** What the plugin asks of codex for a turn; `undefined` for what it leaves to codex. */
export interface Asked {
  /** `read-only`, `workspace-write` or `danger-full-access`. */
  readonly sandbox: string | undefined;
  readonly approval: string | undefined;
  readonly model: string | undefined;
  /** The names of the working directory. */
  readonly cwd: readonly string[] | undefined;
}

/** What codex says that it does. */
export interface Granted {
  readonly sandbox: string | undefined;
  readonly hasNetwork: boolean;
  readonly approval: string | undefined;
  readonly model: string | undefined;
  readonly cwd: string | undefined;
  /** The permission profile, where there is one. */
  readonly profile: string | undefined;
}

const Profile = t.type({ id: t.string });

/** The answer of an app-server that opens a thread. */
const Answer = t.intersection([
  t.type({ thread: t.UnknownRecord }),
  t.partial({
    model: t.string,
    cwd: t.string,
    approvalPolicy: t.unknown,
    sandbox: t.intersection([t.type({ type: t.string }), t.partial({ networkAccess: t.unknown })]),
    activePermissionProfile: t.unknown,
  }),
]);

/** The record of a turn's settings in the rollout (0.135.0 to 0.171.0). */
const Context = t.type({
  type: t.literal('turn_context'),
  payload: t.partial({
    model: t.string,
    cwd: t.string,
    approval_policy: t.unknown,
    sandbox_policy: t.intersection([
      t.type({ type: t.string }),
      t.partial({ network_access: t.unknown }),
    ]),
    active_permission_profile: t.unknown,
  }),
});

/** What an answer to `thread/start` or `thread/resume`, or a `turn_context` record, says. */
export const grantedIn = (value: unknown): Granted | undefined => {
  if (Answer.is(value)) {
    const { model, cwd, approvalPolicy, sandbox, activePermissionProfile } = value;
    return {
      sandbox: sandbox?.type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      hasNetwork: sandbox?.networkAccess === true,
      approval: nameOf(approvalPolicy),
      model,
      cwd,
      profile: Profile.is(activePermissionProfile) ? activePermissionProfile.id : undefined,
    };
  }
  if (!Context.is(value)) return undefined;
  const { model, cwd, approval_policy, sandbox_policy, active_permission_profile } = value.payload;
  return {
    sandbox: sandbox_policy?.type,
    hasNetwork: sandbox_policy?.network_access === true,
    approval: nameOf(approval_policy),
    model,
    cwd,
    profile: Profile.is(active_permission_profile) ? active_permission_profile.id : undefined,
  };
};

const nameOf = (approval: unknown): string | undefined =>
  typeof approval === 'string' || approval === undefined ? approval : JSON.stringify(approval);

/** The sandboxes, the strictest first. One that another program makes counts as none. */
const STRICTEST_FIRST = ['read-only', 'workspace-write', 'external-sandbox', NO_SANDBOX];

/** Why a turn must not run: its sandbox is weaker than the operator asked, or may be. */
export const refusalOf = (asked: Asked, granted: Granted): string | undefined => {
  if (asked.sandbox === undefined || granted.sandbox === undefined) return undefined;
  const [least, found] = [asked.sandbox, granted.sandbox].map((each) =>
    STRICTEST_FIRST.indexOf(each),
  );
  if (least === undefined || found === undefined || least === -1) return undefined;
  if (asked.sandbox === NO_SANDBOX) return undefined;
  const isOnline = asked.sandbox === 'read-only' && granted.hasNetwork;
  if (found !== -1 && found <= least && !isOnline) return undefined;
  if (found === -1)
    return `the sandbox may be weaker than asked: extra_args ask for ${asked.sandbox}, and codex answers ${JSON.stringify(granted.sandbox.slice(0, 80))}, a sandbox that this plugin does not know; update the plugin, or use a codex that it is tested with (\`plexum-openai-provider-plugin doctor\` names them)`;
  const by =
    granted.profile === undefined ? '' : `, by the permission profile "${granted.profile}"`;
  const network = isOnline ? ' with network access' : '';
  return `the sandbox is weaker than asked: extra_args ask for ${asked.sandbox}, and codex gives ${granted.sandbox}${network}${by}; ask your administrator for other managed requirements (/etc/codex/requirements.toml), or change the sandbox in extra_args`;
};

/** The other differences, for the log. What codex does not report is no difference. */
export const differencesOf = (asked: Asked, granted: Granted): string[] => {
  const { cwd } = granted;
  const rows = [
    ['sandbox', asked.sandbox, granted.sandbox],
    ['approval policy', asked.approval, granted.approval],
    ['model', asked.model, granted.model],
    ['working directory', asked.cwd?.[0], cwd && asked.cwd?.includes(cwd) ? asked.cwd[0] : cwd],
  ] as const;
  return rows.flatMap(([what, wanted, given]) =>
    wanted === undefined || given === undefined || wanted === given
      ? []
      : [`codex runs the turn with another ${what} than asked: ${given} instead of ${wanted}`],
  );
};
