// Chooses a fault by weight, and a plan that it may hit.
import { FAKE } from './fake-plans.mjs';
import { FAULTS } from './faults.mjs';
import { REAL } from './real-plans.mjs';

/**
 * `ends`: the ends that are right; `undefined` when every end is.
 * @typedef {import('./scene.mjs').Fault} Fault
 * @typedef {{ fault: Fault, plan: string, ends: readonly string[] | undefined }} Choice
 */

/**
 * @param {import('../lib/random.mjs').Random} random
 * @param {{ fake: boolean, bridge: 'http' | 'stdio' }} workspace @returns {Choice}
 */
export const chooseFault = (random, { fake, bridge }) => {
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
