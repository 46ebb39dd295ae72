import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { instructionsDigest } from '../../src/codex/rollout/noted-instructions.js';
import type { Conversation } from '../../src/plexum/conversation-settings.js';
import { THREAD } from '../../src/testing/alphabet.js';
import { PromptError } from '../../src/turn/failures.js';
import { openingOf } from '../../src/turn/opening-of.js';
import { MAX_PROMPT_CHARS, systemText } from '../../src/turn/prompt.js';
import { collect } from '../properties/collect.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';

const earlier = [
  { role: 'user', content: 'hello' },
  { role: 'assistant', content: 'hi' },
];
const SEED = {
  seed: {
    messages: [
      { role: 'user', text: 'hello' },
      { role: 'assistant', text: 'hi' },
    ],
    leftOut: 0,
  },
};
const settings = (more: Partial<Conversation>): Conversation => ({
  history: 'lost',
  historyMaxChars: 1_000,
  onContextWindow: 'error',
  system: 'ignore',
  ...more,
});

describe('openingOf', () => {
  it.each([
    ['lost', 'replaced', true],
    ['lost', 'first', false],
    ['always', 'replaced', true],
    ['always', 'first', true],
    ['never', 'replaced', false],
    ['never', 'first', false],
  ] as const)(
    'seeds with history %j a new thread that is %j: %s',
    (history, newThread, isSeeded) => {
      marbles(({ expectObservable, flush }) => {
        const expected = '(o|)';
        const notices: unknown[] = [];
        const { ports, logs } = fakePorts({
          conversation: settings({ history }),
          onNotice: (notice) => notices.push(notice),
        });
        const opening$ = openingOf('hi', { newThread, earlier }, undefined, ports);

        expectObservable(opening$).toBe(expected, {
          o: isSeeded ? expect.objectContaining({ prompt: 'hi', ...SEED }) : { prompt: 'hi' },
        });
        flush();
        expect(logs.map(({ level, fields }) => [level, fields])).toEqual(
          isSeeded ? [['info', { messages: 2, chars: 7, left_out: 0 }]] : [],
        );
        expect(notices).toEqual(
          isSeeded ? [{ seeded: { messages: 2, chars: 7, left_out: 0 } }] : [],
        );
      })();
    },
  );

  it(
    'never seeds a thread that is resumed',
    marbles(({ expectObservable }) => {
      const expected = '(o|)';
      const { ports } = fakePorts({ conversation: settings({ history: 'always' }) });

      expectObservable(openingOf('hi', { newThread: 'replaced', earlier }, THREAD, ports)).toBe(
        expected,
        { o: { prompt: 'hi' } },
      );
    }),
  );

  it.each([
    [MAX_PROMPT_CHARS - 1_100, 2],
    [MAX_PROMPT_CHARS - 1_050, 1],
    [MAX_PROMPT_CHARS - 1_000, 0],
    [MAX_PROMPT_CHARS, 0],
  ])('shortens the seed for a prompt of %i characters to %i messages', (size, messages) => {
    const { ports } = fakePorts({ conversation: settings({}) });
    const found = collect(
      openingOf('💥'.repeat(size), { newThread: 'replaced', earlier }, undefined, ports),
    );
    expect(found.map(({ seed }) => seed?.messages.length ?? 0)).toEqual([messages]);
  });

  it.each([
    ['a new thread', undefined, '', 'be brief', { text: 'be brief', isChanged: false }],
    ['a new thread without any', undefined, '', '', undefined],
    [
      'a thread that has them',
      THREAD,
      'be brief',
      'be brief',
      { text: 'be brief', isChanged: false },
    ],
    [
      'a thread with other ones',
      THREAD,
      'be kind',
      'be brief',
      { text: 'be brief', isChanged: true },
    ],
    ['a thread that has lost them', THREAD, 'be kind', '', { text: '', isChanged: true }],
    ['a thread without any', THREAD, '', '', { text: '', isChanged: false }],
  ])('gives instructions to %s', (_what, threadId, before, system, instructions) => {
    marbles(({ expectObservable }) => {
      const expected = '(o|)';
      const { ports } = fakePorts({
        conversation: settings({ system: 'developer' }),
        instructionsOf$: () => of(instructionsDigest(before)),
      });

      expectObservable(openingOf('hi', { system }, threadId, ports)).toBe(expected, {
        o: { prompt: 'hi', ...(instructions === undefined ? {} : { instructions }) },
      });
    })();
  });

  it(
    'gives no instructions again that an earlier attempt of the turn has given',
    marbles(({ expectObservable }) => {
      const expected = '(o|)';
      const { ports } = fakePorts({ conversation: settings({ system: 'developer' }) });

      expectObservable(openingOf('hi', { system: 'be brief', isTold: true }, THREAD, ports)).toBe(
        expected,
        {
          o: { prompt: 'hi', instructions: { text: 'be brief', isChanged: false } },
        },
      );
    }),
  );

  it(
    'fails when changed instructions leave no room for the prompt',
    marbles(({ expectObservable }) => {
      const expected = '#';
      const { ports } = fakePorts({ conversation: settings({ system: 'developer' }) });
      const prompt = 'a'.repeat(MAX_PROMPT_CHARS - 1_000);

      expectObservable(openingOf(prompt, { system: 'be brief' }, THREAD, ports)).toBe(
        expected,
        {},
        new PromptError('the prompt with the changed system text of the request'),
      );
    }),
  );

  it.each([
    ['a new thread', undefined],
    ['a thread that is resumed', THREAD],
  ])('fails when the instructions of %s are longer than all that codex takes', (_what, thread) => {
    marbles(({ expectObservable }) => {
      const expected = '#';
      const { ports } = fakePorts({ conversation: settings({ system: 'developer' }) });
      const system = systemText({ system: `be brief ${'💥'.repeat(MAX_PROMPT_CHARS)}` });

      expectObservable(openingOf('hi', { system }, thread, ports)).toBe(
        expected,
        {},
        new PromptError('the system text of the request'),
      );
    })();
  });
});
