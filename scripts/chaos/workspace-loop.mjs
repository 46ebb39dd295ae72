// One workspace of a chaos lab: a turn with a fault, what it must have kept, then a turn without
// one that goes on with the thread.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { lives, named, processesIn, within } from '../lib/processes.mjs';
import {
  checkEvents,
  checkResponse,
  checkSession,
  endingOf,
  hasThread,
  must,
  sessionOf,
  tidySession,
} from './check-turn.mjs';
import { FAULTS } from './faults.mjs';
import { AGENT, FAKE, REAL, TOOL, tellSteps } from './plans.mjs';

/**
 * @typedef {import('./faults.mjs').Fault} Fault
 * @typedef {import('./plugin-life.mjs').Life} Life
 * @typedef {import('../lib/random.mjs').Random} Random
 * @typedef {import('../lib/host.mjs').OpenTurn & { plugin: import('../lib/lab.mjs').Plugin, before:
 * number }} OpenTurn with its plugin, and how often that was harmed before it
 * @typedef {{ name: string, fake: boolean, bridge: 'http' | 'stdio', graceMs: number, random:
 * Random, life: Life, isOver: () => boolean, log: (text: string) => void,
 *   count: (fault: string, ending: string, ms?: number) => void }} Loop
 * @typedef {{ ending: string, isBroken: boolean, isDisturbed: boolean, ms: number | undefined }}
 * Ended `ms` from the cause to the terminal event
 */

/** Milliseconds after which a turn hangs: every deadline of the lab together. */
const HANGS_MS = 45_000;
/** What a machine with too much to do adds to grace + 2 s. */
const MACHINE_MS = 1_000;
/** Turns that one workspace has before the next folder takes its place. */
const TURNS_OF_FOLDER = 12;
const TRIES = 12;
/** Milliseconds that a relay takes to see that its socket is gone. */
const RELAY_MS = 1_000;

/** @param {import('../lib/processes.mjs').Process} process */
const isRelay = ({ args }) => args.includes('mcp-host');

/** @param {Random} random @param {Pick<Loop, 'fake' | 'bridge'>} loop */
const choose = (random, { fake, bridge }) => {
  const plans = fake ? FAKE : REAL;
  const plansOf = (/** @type {Fault} */ fault) =>
    Object.entries(plans)
      .filter(([name, { ends }]) =>
        fault.plans === undefined ? ends.includes('end_turn') : fault.plans.includes(name),
      )
      .map(([name]) => name);
  const possible = FAULTS.filter(
    (fault) => (fault.bridge ?? bridge) === bridge && plansOf(fault).length > 0,
  );
  const fault = random.one(
    possible.flatMap((each) => Array.from({ length: each.weight }, () => each)),
  );
  const plan = random.one(plansOf(fault));
  return {
    fault,
    plan,
    ends: fault.any ? undefined : [...(fault.ends ?? []), ...(plans[plan]?.ends ?? [])],
  };
};

/** @param {Loop} loop */
export const workspaceLoop = async (loop) => {
  const { name, fake, random, life, log } = loop;
  /** @type {OpenTurn | undefined} */ let last;
  let lastLength = 0;
  let workspace = '';
  const make = () =>
    life.lab.makeWorkspace(`${name}-${Math.floor(nth / TURNS_OF_FOLDER)}`, { fake });

  /** @param {string} plan @returns {[unknown, boolean]} prompt, and whether it takes tools */
  const promptOf = (plan) =>
    fake
      ? [
          JSON.stringify(FAKE[plan]?.steps(random, sessionOf(workspace) ?? random.id())),
          random.chance(0.2),
        ]
      : [JSON.stringify({ plan, nth }), REAL[plan]?.tools ?? random.chance(0.3)];

  /** @param {unknown} prompt @param {boolean} hasTools */
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

  /**
   * Waits for the end of a turn, and checks it. @param {OpenTurn} turn
   * @param {{ cancels?: boolean, isAlone?: boolean, act?: (cause: () => void) => Promise<unknown>
   * }} [options] @returns {Promise<Ended>}
   */
  const watch = async (turn, { cancels = false, isAlone = true, act = async () => {} } = {}) => {
    const { plugin, before } = turn;
    let [cause, at] = [NaN, NaN];
    /** @type {import('../lib/processes.mjs').Process[]} */ let survivors = [];
    /** @type {import('../lib/host.mjs').Frame | undefined} */ let response;
    const seen = turn.ended.then(async () => {
      at = performance.now();
      if (isAlone) survivors = processesIn(life.lab.home, workspace);
      await sleep(cancels ? 50 : 3_000, undefined, { ref: false });
    });
    const acting = act(() => (cause = performance.now()));
    const end = Promise.race([
      seen,
      plugin.closed,
      turn.response.then((frame) => (response = frame)),
    ]);
    const inTime = await Promise.race([
      end.then(() => true),
      sleep(HANGS_MS, false, { ref: false }),
    ]);
    must(
      inTime,
      `the turn hangs for ${HANGS_MS} ms`,
      turn.events.map(({ event }) => event.type),
    );
    await acting;
    const isBroken = plugin.child.exitCode !== null || plugin.child.signalCode !== null;
    if (isBroken) await plugin.closed;
    const isDisturbed = isBroken || life.wide.count !== before;
    must(isBroken || response?.['error'] === undefined, 'the turn was refused', response);
    checkEvents(turn.events, { isBroken });
    if (!isBroken && response !== undefined) checkResponse(response, turn.events);
    must(isBroken || cancels || response !== undefined, 'no response 3 s after the terminal event');
    // An app-server may start the relay of a thread whose turn was cancelled before: it ends by
    // itself, its socket is gone.
    const [relays, others] = [
      survivors.filter(isRelay),
      survivors.filter((one) => !life.isServed || !isRelay(one)),
    ];
    if (!isBroken) must(others.length === 0, 'alive after the terminal event', named(others));
    if (!isBroken)
      must(
        await within(() => !relays.some(lives), RELAY_MS),
        'a relay outlives its socket',
        named(relays),
      );
    const ms = Number.isNaN(at - cause) || isDisturbed ? undefined : Math.max(0, at - cause);
    const bound = (cancels ? loop.graceMs : 0) + 2_000 + MACHINE_MS;
    must(
      ms === undefined || ms <= bound,
      `the terminal event came ${ms?.toFixed(0)} ms after its cause`,
    );
    [last, lastLength] = [turn, turn.events.length];
    return { ending: endingOf(turn.events.at(-1)?.['event']), isBroken, isDisturbed, ms };
  };

  /**
   * Two more turns wait behind one, the first of them is cancelled. @param {OpenTurn} turn @param
   * {number} delay
   */
  const queue = async (turn, delay) => {
    const plan = fake ? 'talk' : 'say';
    const [second, third] = [open(...promptOf(plan)), open(...promptOf(plan))];
    await sleep(delay);
    second.plugin.cancel(second.id);
    const watched = [
      watch(turn, { isAlone: false }),
      watch(second, { isAlone: false, cancels: true }),
      watch(third, { isAlone: false }),
    ];
    const [first, cancelled, after] = await Promise.all(watched);
    if (first === undefined || cancelled === undefined || after === undefined)
      throw new Error('there are three');
    if (!cancelled.isDisturbed)
      must(
        ['cancelled', 'end_turn'].includes(cancelled.ending),
        'a turn cancelled in the queue ended otherwise',
        cancelled,
      );
    if (!after.isDisturbed)
      must(after.ending === 'end_turn', 'a turn in the queue did not end well', after);
    for (const one of [cancelled, after])
      loop.count('(in the queue)', one.isBroken ? 'broken' : one.ending);
    return first;
  };

  const faulty = async () => {
    const { fault, plan, ends } = choose(random, loop);
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
    if (!ended.isDisturbed && ends !== undefined)
      must(
        ends.includes(ended.ending),
        `${fault.name}, ${plan}: ended otherwise than ${ends.join(', ')}`,
        turn.events.at(-1),
      );
    if (fault.spoils === 'workspace') make();
    else if (fault.spoils !== 'session') checkSession(workspace, { mayBeTorn: ended.isDisturbed });
  };

  /** The turn after: it has to complete, and to resume what there is. */
  const follow = async () => {
    for (let nthTry = 1; ; nthTry += 1) {
      await life.ready();
      const thread = sessionOf(workspace);
      const mustResume = thread !== undefined && (fake || hasThread(life.lab.at('codex'), thread));
      const turn = open(
        fake
          ? JSON.stringify(tellSteps(thread ?? random.id()))
          : JSON.stringify({ plan: 'say', nth }),
        false,
      );
      const { ending, isBroken, isDisturbed } = await watch(turn);
      loop.count('(the turn after)', isBroken ? 'broken' : ending);
      const end = turn.events.at(-1)?.['event'];
      if (ending !== 'end_turn' && (isDisturbed || ending === 'thread_busy') && nthTry < TRIES) {
        log(`  the turn after: ${ending}, again`);
        await sleep(ending === 'thread_busy' ? 500 : 0);
        await within(() => life.wide.open === 0, HANGS_MS);
        continue;
      }
      must(ending === 'end_turn', 'the turn after a fault did not complete', end);
      if (mustResume)
        must(end?.['thread_id'] === thread, `the turn after a fault did not resume ${thread}`, end);
      if (mustResume && fake)
        must(
          JSON.stringify(turn.events).includes(`resume`),
          'the fake codex was not told to resume',
          turn.events,
        );
      if (isDisturbed) return;
      checkSession(workspace, { mayBeTorn: true });
      must(
        sessionOf(workspace) === end?.['thread_id'],
        'the session file holds another thread than the turn',
        [sessionOf(workspace), end],
      );
      return;
    }
  };

  let nth = 0;
  for (; !loop.isOver(); nth += 1) {
    await life.ready();
    workspace = make();
    must(
      last === undefined || last.events.length === lastLength,
      'something after the end of a turn',
      last?.events.slice(lastLength),
    );
    await faulty();
    await follow();
  }
};
