import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inTime, until } from './processes.js';

const here = expect.stringMatching(/^Error: [^]*?\n {4}at [^\n]*processes\.test\.ts/);

describe('until', () => {
  it('says what it waited for, what there is, and where, when that never comes', async () => {
    const found = ['one'];
    const failure = await until(
      () => found.includes('two'),
      () => ({ found }),
      1,
    ).catch((error: unknown) => error);

    expect(failure).toMatchObject({
      message:
        'waited for what never came: () => found.includes("two")\nthere is: { found: [ \'one\' ] }',
      stack: here,
    });
  });

  it('returns as soon as the condition holds', async () => {
    let asked = 0;
    await until(() => (asked += 1) === 3);
    expect(asked).toBe(3);
  });
});

describe('inTime', () => {
  it('says what it waited for, what there is, and where, when that never comes', async () => {
    const never = inTime('the end', new Promise(() => undefined), () => 'a beginning', 1);

    expect(await never.catch((error: unknown) => error)).toMatchObject({
      message: "waited for what never came: the end\nthere is: 'a beginning'",
      stack: here,
    });
  });

  it('resolves and fails as its promise does', async () => {
    expect(await inTime('an answer', sleep(1, 'yes'))).toBe('yes');
    await expect(inTime('an answer', Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
