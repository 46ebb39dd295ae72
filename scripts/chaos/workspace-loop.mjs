// One workspace of a chaos run. Each round has a turn with a fault, and a turn without a fault that
// must resume the thread.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { must } from './check-turn.mjs';
import { chooseFault } from './choose-fault.mjs';
import { FAKE } from './fake-plans.mjs';
import { followTurn } from './follow-turn.mjs';
import { AGENT, REAL, TOOL } from './real-plans.mjs';
import { checkSession, sessionOf, tidySession } from './session-file.mjs';
import { watchTurn } from './watch-turn.mjs';

/**
 * `fake`: its turns run on the fake codex; `count` counts the end of a turn by its fault.
 * @typedef {import('./watch-turn.mjs').OpenTurn} OpenTurn
 * @typedef {import('./watch-turn.mjs').WatchOptions} WatchOptions
 * @typedef {{ name: string, fake: boolean, bridge: 'http' | 'stdio', graceMs: number,
 *   random: import('../lib/random.mjs').Random, life: import('./plugin-life.mjs').Life,
 *   isOver: () => boolean, log: (text: string) => void,
 *   count: (fault: string, ending: string, ms?: number) => void }} Loop
 */

/** Turns of a workspace, until a new folder replaces it. */
const TURNS_OF_FOLDER = 12;

/** Runs rounds until the run is over. Fails with the first broken promise. @param {Loop} loop */
export const workspaceLoop = async (loop) => {
  const { name, fake, random, life, log, graceMs } = loop;
  /** @type {OpenTurn | undefined} */ let last;
  let lastLength = 0;
  let workspace = '';
  let nth = 0;
  const make = () =>
    life.lab.makeWorkspace(`${name}-${Math.floor(nth / TURNS_OF_FOLDER)}`, { fake });

  /** @param {string} plan @returns {[unknown, boolean]} the prompt, and whether it gets tools */
  const promptOf = (plan) =>
    fake
      ? [
          JSON.stringify(FAKE[plan]?.steps(random, sessionOf(workspace) ?? random.id())),
          random.chance(0.2),
        ]
      : [JSON.stringify({ plan, nth }), REAL[plan]?.tools ?? random.chance(0.3)];

  /** @param {unknown} prompt @param {boolean} hasTools @returns {OpenTurn} */
  const open = (prompt, hasTools) => {
    const params = turnParams(workspace, prompt);
    const plugin = life.plugin();
    const before = life.wide.open > 0 ? -1 : life.wide.count;
    const turn = Object.assign(
      plugin.stream(hasTools ? withTools(params, [TOOL], AGENT) : params),
      { plugin, before },
    );
    life.opened(turn);
    return turn;
  };

  /** @param {OpenTurn} turn @param {WatchOptions} [options] */
  const watch = async (turn, options) => {
    const ended = await watchTurn(turn, { life, workspace, graceMs }, options);
    [last, lastLength] = [turn, turn.events.length];
    return ended;
  };

  /**
   * Queues two more turns behind one, and cancels the first of them.
   * @param {OpenTurn} turn @param {number} delay milliseconds until the cancel
   */
  const queue = async (turn, delay) => {
    const plan = fake ? 'talk' : 'say';
    const [second, third] = [open(...promptOf(plan)), open(...promptOf(plan))];
    await sleep(delay);
    second.plugin.cancel(second.id);
    const [first, cancelled, after] = await Promise.all([
      watch(turn, { isAlone: false }),
      watch(second, { isAlone: false, cancels: true }),
      watch(third, { isAlone: false }),
    ]);
    must(
      cancelled.isDisturbed || ['cancelled', 'end_turn'].includes(cancelled.ending),
      'a turn that was cancelled in the queue has another end',
      cancelled,
    );
    must(
      after.isDisturbed || after.ending === 'end_turn',
      'a turn in the queue did not complete',
      after,
    );
    for (const one of [cancelled, after])
      loop.count('(in the queue)', one.isBroken ? 'broken' : one.ending);
    return first;
  };

  const turnWithFault = async () => {
    const { fault, plan, ends } = chooseFault(random, loop);
    const drawn = { delay: random.whole(0, 900), ms: random.whole(50, 1_500) };
    const note = (/** @type {string} */ text) => log(`  ${text}`);
    log(`turn ${nth}: ${plan}, ${fault.name} after ${drawn.delay} ms`);
    const prompt = promptOf(plan);
    tidySession(workspace);
    fault.before?.({ workspace, random, note });
    const turn = open(...prompt);
    const scene = { ...drawn, life, turn, workspace, random, note };
    /** @param {() => void} cause */
    const act = async (cause) => {
      await sleep(drawn.delay);
      await fault.act?.({ ...scene, cause });
    };
    const ended = fault.queues
      ? await queue(turn, drawn.delay)
      : await watch(turn, { cancels: fault.cancels ?? false, act });
    fault.after?.(workspace);
    log(
      `  ended: ${ended.ending}${ended.isBroken ? ', broken' : ''}${ended.isDisturbed ? ', disturbed' : ''} ${ended.ms?.toFixed(0) ?? ''}`,
    );
    loop.count(fault.name, ended.isBroken ? 'broken' : ended.ending, ended.ms);
    must(
      ended.isDisturbed || ends === undefined || ends.includes(ended.ending),
      `${fault.name}, ${plan}: the end is none of ${ends?.join(', ')}`,
      turn.events.at(-1),
    );
    if (fault.spoils === 'workspace') make();
    else if (fault.spoils !== 'session') checkSession(workspace, { mayBeTorn: ended.isDisturbed });
  };

  for (; !loop.isOver(); nth += 1) {
    await life.ready();
    workspace = make();
    must(
      last === undefined || last.events.length === lastLength,
      'an event after the end of a turn',
      last?.events.slice(lastLength),
    );
    await turnWithFault();
    await followTurn({ ...loop, workspace, nth, open, watch });
  }
};
