// The turn after a fault: it must complete, and resume the thread of the workspace.
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../lib/processes.mjs';
import { must } from './check-turn.mjs';
import { tellSteps } from './fake-plans.mjs';
import { checkSession, hasThread, sessionOf } from './session-file.mjs';
import { HANGS_MS } from './watch-turn.mjs';

/**
 * @typedef {import('./watch-turn.mjs').OpenTurn} OpenTurn
 * @typedef {import('./workspace-loop.mjs').Loop & { workspace: string, nth: number,
 *   open: (prompt: unknown, hasTools: boolean) => OpenTurn,
 *   watch: (turn: OpenTurn) => Promise<import('./watch-turn.mjs').Ended> }} Round
 */

/** Turns that are tried while other faults disturb them. */
const TRIES = 12;

/** @param {Round} round */
export const followTurn = async (round) => {
  const { life, fake, random, workspace, nth, open, watch, log } = round;
  for (let nthTry = 1; ; nthTry += 1) {
    await life.ready();
    const thread = sessionOf(workspace);
    const mustResume = thread !== undefined && (fake || hasThread(life.lab.at('codex'), thread));
    const turn = open(
      JSON.stringify(fake ? tellSteps(thread ?? random.id()) : { plan: 'say', nth }),
      false,
    );
    const { ending, isBroken, isDisturbed } = await watch(turn);
    round.count('(the turn after)', isBroken ? 'broken' : ending);
    const end = turn.events.at(-1)?.['event'];
    if (ending !== 'end_turn' && (isDisturbed || ending === 'thread_busy') && nthTry < TRIES) {
      log(`  the turn after: ${ending}, again`);
      await sleep(ending === 'thread_busy' ? 500 : 0);
      await within(() => life.wide.open === 0, HANGS_MS);
      continue;
    }
    must(ending === 'end_turn', 'the turn after a fault did not complete', end);
    must(
      !mustResume || end?.['thread_id'] === thread,
      `the turn after a fault did not resume ${thread}`,
      end,
    );
    must(
      !(mustResume && fake) || JSON.stringify(turn.events).includes(`resume`),
      'the fake codex got no argument "resume"',
      turn.events,
    );
    if (isDisturbed) return;
    checkSession(workspace, { mayBeTorn: true });
    must(
      sessionOf(workspace) === end?.['thread_id'],
      'the session file and the turn have different threads',
      [sessionOf(workspace), end],
    );
    return;
  }
};
