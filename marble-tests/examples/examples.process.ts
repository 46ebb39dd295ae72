import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TurnOptions } from 'plexum-openai-provider';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { outcome$, within$ } from './cancel.js';
import { textWithTools$ } from './tools.js';
import { answer$, text$ } from './turn.js';

const home = mkdtempSync(path.join(tmpdir(), 'plexum-examples-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A codex that runs the steps of its prompt. */
const binary = fileURLToPath(new URL('../support/fake-codex.mjs', import.meta.url));
const options: TurnOptions = {
  workspace: home,
  env: { PATH: process.env['PATH'], HOME: home, PLEXUM_PROFILE_ROOT: home },
  config: { binary },
  log: () => undefined,
};
const message = (text: string) => ({
  type: 'item.completed',
  item: { id: 'item_0', type: 'agent_message', text },
});
const steps = (...list: readonly object[]): string => JSON.stringify(list);
const end = { out: [{ type: 'turn.completed' }] };

describe('text$', () => {
  it('emits the messages of a turn', async () => {
    const prompt = steps({ out: [message('hello'), message('world')] }, end);

    expect(await lastValueFrom(text$(prompt, options).pipe(toArray()))).toEqual([
      'hello',
      '\n\nworld',
    ]);
  });
});

describe('answer$', () => {
  it('emits the whole text when the turn ends', async () => {
    const prompt = steps({ out: [message('hello'), message('world')] }, end);

    expect(await lastValueFrom(answer$(prompt, options))).toMatchObject({
      text: 'hello\n\nworld',
    });
  });

  it('fails when the turn ends with an error event', async () => {
    const answer = lastValueFrom(answer$(steps({ exit: 3 }), options));

    await expect(answer).rejects.toThrow(/exited with code 3/);
  });
});

describe('within$', () => {
  it('ends a turn that takes too long with a cancelled message_end', async () => {
    const prompt = steps({ out: [message('hello')] }, { wait: 1e8 });

    expect(await lastValueFrom(outcome$(within$(500, prompt, options)))).toBe('cancelled');
  });

  it('leaves a short turn alone', async () => {
    expect(await lastValueFrom(outcome$(within$(30_000, steps(end), options)))).toBe('end_turn');
  });
});

describe('lookUp', () => {
  it('answers a tool call of codex', async () => {
    const call = { call: { name: 'look_up', arguments: { colour: 'teal' } } };

    expect(await lastValueFrom(textWithTools$(steps(call, end), options))).toBe('#008080');
  });
});
