import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMutators } from '../../scripts/lib/mutators.mjs';

let mutators: Awaited<ReturnType<typeof openMutators>> | undefined;

beforeAll(async () => {
  mutators = await openMutators();
});
afterAll(() => {
  mutators?.close();
});

it.each([2, 3, 4, 2, 3, 4, 2, 3, 4])(
  'mutations of one rollout by %i processes tear no line and lose no mark when some are killed',
  async (processes) => {
    const outcome = await mutators?.round(processes, Math.random);
    expect(outcome).toMatchObject({ torn: 0, lost: 0, odd: [] });
  },
);
