import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { checkSession, type SessionPorts } from '../../../src/cli/doctor/session-check.js';
import { PackedRolloutError } from '../../../src/codex/rollout/find-rollout.js';
import type { Parsed } from '../../../src/lines/parse-json.js';
import { marbles } from '../../support/marbles.js';

const THREAD = '01a1fb58-5a98-7973-8b0a-074f22270974';
const json = (value: unknown): Parsed => ({ type: 'json', value });
const lines: Record<string, Parsed> = {
  m: json({ type: 'session_meta', payload: { id: THREAD } }),
  p: json({ type: 'session_meta', ordinal: 0, payload: { id: THREAD, history_mode: 'paginated' } }),
  n: json({ type: 'session_meta', payload: { id: THREAD, model_provider: 'mine' } }),
  a: json({ type: 'event_msg', payload: {} }),
  i: json({
    type: 'response_item',
    payload: { content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] },
  }),
  o: json({ type: 'event_msg', ordinal: 7, payload: {} }),
  t: { type: 'malformed', reason: 'not JSON', sample: '{"ty' },
};

const check = (given: Partial<SessionPorts>, providers?: readonly string[]) => {
  const ports = {
    folderProblem: () => undefined,
    writeProblem: () => undefined,
    readSession: () => ({ threadId: THREAD }),
    findRollout: () => '/codex/r.jsonl',
    rollout$: () => {
      throw new Error('not asked for');
    },
    hasJournal: () => false,
    isInstructed: () => false,
    codexHome: '/codex',
    ...given,
  };
  return checkSession('/w', ports, providers);
};

/** The state, and a word of the detail. */
const short = (given: Partial<SessionPorts>, providers?: readonly string[]) =>
  check(given, providers).pipe(
    map(
      ({ state, detail, mend }) => `${state}: ${detail}${mend === undefined ? '' : ` → ${mend}`}`,
    ),
  );
const like = (text: string): unknown => expect.stringContaining(text);

describe('checkSession', () => {
  it.each([
    ['mao|', 'green: ', '3 records in /codex/r.jsonl'],
    ['poo|', 'green: ', '3 records'],
    ['poa|', 'red: ', '0.148 and newer refuse it'],
    ['pot|', 'yellow: ', 'of which 1 cannot be read'],
    ['mta|', 'yellow: ', '3 records in /codex/r.jsonl, of which 1'],
    ['tma|', 'red: ', 'does not begin with the thread'],
    ['aa| ', 'red: ', 'does not begin with the thread'],
    ['|   ', 'red: ', 'does not begin with the thread'],
    ['(moat|)', 'yellow: ', 'of which 1 cannot be read'],
  ])('reads a rollout %s as %s%s', (source, state, detail) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(source, lines);
      const frames = source.startsWith('(') ? 0 : source.trim().length - 1;
      const ms = '-'.repeat(frames);
      const subs = frames === 0 ? '(^!)' : `^${ms.slice(1)}!`;
      const expected = `${ms}(c|)`;

      expectObservable(short({ rollout$: () => rollout })).toBe(expected, {
        c: expect.stringMatching(new RegExp(`^${state}.*${detail.replaceAll('.', '\\.')}`)),
      });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    })();
  });

  it(
    'is yellow when a mutation of the rollout was interrupted',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' ma|   ', lines);
      const subs = '         ^-!   ';
      const expected = '     --(c|)';

      expectObservable(
        short({ rollout$: () => rollout, hasJournal: (file) => file === '/codex/r.jsonl' }),
      ).toBe(expected, { c: like('puts the original bytes back') });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it(
    'is yellow for an archived thread, and says that the next turn unarchives it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' ma|   ', lines);
      const subs = '         ^-!   ';
      const expected = '     --(c|)';
      const findRollout = () => '/codex/archived_sessions/r.jsonl';

      expectObservable(short({ rollout$: () => rollout, findRollout })).toBe(expected, {
        c: like(`the next turn unarchives it; by hand: codex unarchive ${THREAD}`),
      });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it.each<[source: string, providers: string[] | undefined, words: string]>([
    ['na|', ['theirs', 'ours'], 'yellow: '],
    ['na|', ['theirs', 'mine'], 'green: '],
    ['na|', undefined, 'green: '],
    ['ma|', ['theirs'], 'green: '],
  ])('reads a thread %s, where turns ask %j, as %s', (source, providers, words) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(source, lines);
      const subs = '        ^-!   ';
      const expected = '    --(c|)';
      const belongs =
        'it belongs to the model provider "mine", and turns ask theirs, ours → the next turn begins a new thread with';

      expectObservable(short({ rollout$: () => rollout }, providers)).toBe(expected, {
        c: like(words === 'green: ' ? words : belongs),
      });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    })();
  });

  it(
    'is yellow for pictures in the history that are none, and counts them',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' mia|   ', lines);
      const subs = '         ^--!   ';
      const expected = '     ---(c|)';

      expectObservable(short({ rollout$: () => rollout })).toBe(expected, {
        c: like('1 of the pictures in its history are none'),
      });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it(
    'is red for a rollout that cannot be read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' ma#   ', lines, new Error('EACCES'));
      const subs = '         ^-!   ';
      const expected = '     --(c|)';

      expectObservable(short({ rollout$: () => rollout })).toBe(expected, {
        c: like('red: the rollout cannot be read: EACCES'),
      });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a slow rollout and unsubscribes from it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' m 5s a', lines);
      const unsub = '        7s !  ';
      const subs = '         ^ 6999ms !';
      const expected = '     -';

      expectObservable(short({ rollout$: () => rollout }), unsub).toBe(expected);
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads the rollout again for every subscriber',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold(' ma|       ', lines);
      const subs = ['        ^-!       ', '        ----^-!   '];
      const first = '        --(c|)    ';
      const later = '        ----^     ';
      const second = '       ------(c|)';
      const check$ = short({ rollout$: () => rollout });

      expectObservable(check$).toBe(first, { c: like('2 records') });
      expectObservable(check$, later).toBe(second, { c: like('2 records') });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it.each<[string, Partial<SessionPorts>, string]>([
    ['no folder', { folderProblem: () => 'is no folder' }, 'red: this is no folder'],
    [
      'a folder without a thread',
      { readSession: () => ({}) },
      'green: there is no .plexum-codex-session',
    ],
    [
      'a torn session file',
      { readSession: () => ({ complaint: 'it does not hold a thread id' }) },
      'red: it does not hold a thread id → write the id',
    ],
    [
      'a thread without a rollout',
      { findRollout: () => undefined },
      `red: thread ${THREAD} has no rollout below /codex`,
    ],
    [
      'a compressed rollout',
      {
        findRollout: () => {
          throw new PackedRolloutError(THREAD, '/codex/r.jsonl.zst');
        },
      },
      `yellow: the rollout of thread ${THREAD} is compressed: /codex/r.jsonl.zst → the next turn`,
    ],
  ])('reads no rollout for %s', (_, given, text) => {
    marbles(({ expectObservable }) => {
      expectObservable(short(given)).toBe('(c|)', { c: like(text) });
    })();
  });

  it.each<[string, Partial<SessionPorts>, string]>([
    [
      'yellow without a thread',
      { readSession: () => ({}) },
      'yellow: there is no .plexum-codex-session: the next turn begins a new thread\nthe workspace cannot be written: EROFS → let the user of the daemon write the workspace',
    ],
    [
      'red with a thread that has no rollout',
      { findRollout: () => undefined },
      'remove .plexum-codex-session from the workspace: its next turn begins a new thread\nlet the user of the daemon write the workspace',
    ],
  ])('says of a workspace that cannot be written, %s, what to do', (name, given, text) => {
    marbles(({ expectObservable }) => {
      const state = name.split(' ', 1)[0] ?? '';
      const found$ = check({ writeProblem: () => 'EROFS', ...given });

      expectObservable(found$.pipe(map((found) => found.state))).toBe('(c|)', { c: state });
      expectObservable(short({ writeProblem: () => 'EROFS', ...given })).toBe('(c|)', {
        c: like(text),
      });
    })();
  });

  it(
    'names the workspace in id and title',
    marbles(({ expectObservable }) => {
      expectObservable(
        check({ readSession: () => ({}) }).pipe(map(({ id, title }) => [id, title])),
      ).toBe('(c|)', { c: ['session /w', 'session /w'] });
    }),
  );
});
