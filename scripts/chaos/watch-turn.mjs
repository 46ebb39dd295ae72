// Waits for the end of a turn and checks it: events, response, survivors, and the time to its end.
import { setTimeout as sleep } from 'node:timers/promises';
import { fairTime } from '../lib/fair-time.mjs';
import { lives, named, processesIn, within } from '../lib/processes.mjs';
import { checkEvents, checkResponse, endingOf, must } from './check-turn.mjs';

/**
 * A turn with its plugin. `before`: how often the plugin had been harmed when the turn was opened;
 * -1 when it was being harmed.
 * @typedef {import('../lib/host.mjs').OpenTurn & { plugin: import('../lib/lab.mjs').Plugin, before:
 *   number }} OpenTurn
 * `ms`: from the cause to the terminal event, without waits for a core; `isBroken`: the plugin
 * exited in the turn; `isDisturbed`: it exited or was harmed.
 * @typedef {{ ending: string, isBroken: boolean, isDisturbed: boolean, ms: number | undefined }}
 *   Ended
 * `cancels`: the turn is cancelled; `isAlone`: no other turn runs in the workspace; `act` does the
 * fault, and calls `cause` when the end of the turn is due.
 * @typedef {{ cancels?: boolean, isAlone?: boolean, act?: (cause: () => void) => Promise<unknown>
 *   }} WatchOptions
 */

/** Milliseconds after which a turn hangs: more than every deadline of the lab together. */
export const HANGS_MS = 120_000;
/**
 * Milliseconds that a busy machine may add to the grace period and 2 s, besides the time for which
 * it gives the plugin or this host no core.
 */
const MACHINE_MS = 1_000;
/** Milliseconds after a terminal event without which a response is missing. */
const RESPONSE_MS = 20_000;
/** Milliseconds in which a relay notices that its socket is closed, as far as it has a core. */
const RELAY_MS = 1_000;

/** @param {import('../lib/processes.mjs').Process} process */
const isRelay = ({ args }) => args.includes('mcp-host');

/**
 * @param {import('./plugin-life.mjs').Life} life @param {string} workspace
 * @param {import('../lib/processes.mjs').Process[]} survivors
 */
const checkSurvivors = async (life, workspace, survivors) => {
  // The app-server may start the relay of a thread after the cancel of its turn. That relay exits
  // by itself, since its socket is closed.
  const others = survivors.filter((one) => !life.isServed || !isRelay(one));
  must(others.length === 0, `alive after the terminal event in ${workspace}`, named(others));
  const relays = survivors.filter(isRelay);
  must(
    await within(
      () => !relays.some(lives),
      RELAY_MS,
      relays.map(({ pid }) => pid),
    ),
    'a relay outlives its socket',
    named(relays),
  );
};

/**
 * @param {OpenTurn} turn
 * @param {{ life: import('./plugin-life.mjs').Life, workspace: string, graceMs: number }} place
 * @param {WatchOptions} [options] @returns {Promise<Ended>}
 */
export const watchTurn = async (
  turn,
  { life, workspace, graceMs },
  { cancels = false, isAlone = true, act = async () => {} } = {},
) => {
  const { plugin, before } = turn;
  /** @type {(() => number) | undefined} */ let sinceCause;
  /** @type {number | undefined} */ let took;
  /** @type {import('../lib/processes.mjs').Process[]} */ let survivors = [];
  /** @type {import('../lib/host.mjs').Frame | undefined} */ let response;
  const seen = turn.ended.then(async () => {
    took = sinceCause?.();
    if (isAlone) survivors = life.orphans.without(processesIn(life.lab.home, workspace));
    await sleep(cancels ? 50 : RESPONSE_MS, undefined, { ref: false });
  });
  const acting = act(() => (sinceCause = fairTime([plugin.child.pid ?? 0, process.pid])));
  const end = Promise.race([
    seen,
    plugin.closed,
    turn.response.then((frame) => (response = frame)),
  ]);
  const inTime = await Promise.race([end.then(() => true), sleep(HANGS_MS, false, { ref: false })]);
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
  must(isBroken || cancels || response !== undefined, 'no response after the terminal event');
  if (!isBroken) await checkSurvivors(life, workspace, survivors);
  const ms = sinceCause === undefined || isDisturbed ? undefined : (took ?? 0);
  const bound = (cancels ? graceMs : 0) + 2_000 + MACHINE_MS;
  must(
    ms === undefined || ms <= bound,
    `the terminal event came ${ms?.toFixed(0)} ms after its cause`,
  );
  return { ending: endingOf(turn.events.at(-1)?.['event']), isBroken, isDisturbed, ms };
};
