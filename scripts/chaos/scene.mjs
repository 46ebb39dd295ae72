// What the faults share: the turn that a fault hits, the plans that it may hit, and a cancel.

/**
 * The turn that a fault hits. `delay` and `ms` are drawn before it starts. `cause` marks the moment
 * from which the end of the turn is due.
 * @typedef {{ life: import('./plugin-life.mjs').Life, turn: import('./watch-turn.mjs').OpenTurn,
 *   workspace: string, delay: number, ms: number, random: import('../lib/random.mjs').Random,
 *   cause: () => void, note: (text: string) => void }} Scene
 * @typedef {Pick<Scene, 'workspace' | 'random' | 'note'>} Setting the scene before its turn starts
 */

/**
 * `weight`: how often it is chosen; `plans`: the plans that it may hit, of the real codex and of
 * the fake one (default: all that end by themselves); `ends`: the ends that are right besides the
 * ends of the plan; `any`: every end is right; `cancels`: it cancels the turn; `spoils`: what of
 * the workspace it damages; `bridge`: the bridge that it needs; `queues`: two more turns wait
 * behind the turn.
 * @typedef {{ name: string, weight: number, plans?: readonly string[], ends?: readonly string[],
 *   any?: boolean, cancels?: boolean, spoils?: 'session' | 'workspace', bridge?: 'stdio',
 *   queues?: boolean, before?: (setting: Setting) => void, act?: (scene: Scene) => unknown,
 *   after?: (workspace: string) => void }} Fault
 */

/** Plans that run until a deadline ends them. */
export const LONG = ['tree', 'trap', 'slow tool', 'silent', 'waits', 'deaf'];
/** Plans that are busy and end by themselves. */
export const BUSY = [
  'say',
  'much',
  'shell',
  'leave',
  'tool',
  'yielded',
  'talk',
  'noise',
  'long',
  'flood',
];

/** Cancels the turn. @param {Scene} scene */
export const cancel = ({ turn, cause, note }) => {
  turn.plugin.cancel(turn.id);
  cause();
  note('cancelled');
};

/** Waits for the end of the turn, or of a plugin that another fault ends. @param {Scene} scene */
export const over = ({ turn }) => Promise.race([turn.ended, turn.plugin.closed]);
