import {
  concat,
  defer,
  EMPTY,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent, Usage } from '../../src/canonical/turn-event.js';
import { adviceFor } from '../../src/codex/events/advice.js';
import type { ExecPlan } from '../../src/codex/exec/codex-run.js';
import { BinaryError } from '../../src/codex/exec/resolve-binary.js';
import type { StoredThread } from '../../src/codex/thread-id.js';
import type { Ports, StagedImages } from '../../src/ports.js';
import type { Cancel, Exited, ProcessRun, ProcessSignal, Stdout } from '../../src/process/run.js';
import { SpawnError } from '../../src/process/start.js';
import { CreateWorkspaceError, WorkspaceError } from '../../src/process/workspace.js';
import { codexOutput } from '../../src/testing/alphabet.js';
import { MAX_PROMPT_CHARS } from '../../src/turn/prompt.js';
import { runTurn, type Turn } from '../../src/turn/run-turn.js';
import { createWorkspaceQueue } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const STORED = '01a1fb58-5a98-7973-8b0a-074f22270974';

const turn: Turn = {
  agentId: 'ada',
  modelId: 'codex',
  model: undefined,
  workspace: '/w',
  text: 'hi',
  images: [],
  tools: [],
};
const pictured: Turn = { ...turn, images: [{ type: 'image', path: '/p.png' }] };
const usage: Usage = {
  input_tokens: 10,
  cached_input_tokens: 4,
  output_tokens: 2,
  reasoning_output_tokens: 1,
};
const twice: Usage = {
  input_tokens: 20,
  cached_input_tokens: 8,
  output_tokens: 4,
  reasoning_output_tokens: 2,
};
const noUsage: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
};
const byHost: Cancel = { reason: 'host', graceMs: 5_000 };

const stdout = (text: string): Stdout => ({ type: 'stdout', chunk: Buffer.from(text) });
const line = (event: unknown): Stdout => stdout(`${JSON.stringify(event)}\n`);
const item = (type: string, text: string): Stdout =>
  line({ type: 'item.completed', item: { id: 'item_0', type, text } });
const exit = (exited: Partial<Exited>): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  ...exited,
});

/** What codex prints, a line a marble, and its end. */
const codexOut: Record<string, ProcessSignal> = {
  T: line({ type: 'thread.started', thread_id: THREAD }),
  O: line({ type: 'thread.started', thread_id: STORED }),
  S: line({ type: 'turn.started' }),
  r: item('reasoning', 'hm'),
  a: item('agent_message', 'hello'),
  b: item('agent_message', 'world'),
  n: stdout('noise\n{"type":"later.event"}\n'),
  C: line({ type: 'turn.completed', usage }),
  F: line({ type: 'turn.failed', error: { message: 'stream disconnected before completion' } }),
  x: exit({}),
  X: exit({ code: null, signal: 'SIGINT', cancelled: byHost }),
  d: exit({ code: 101 }),
  e: exit({ code: 1, stderr: 'Error: Not inside a trusted directory\n' }),
  l: exit({
    code: 1,
    stderr: `Error: thread/resume failed: no rollout found for thread id ${STORED}\n`,
  }),
};

/** What the host gets. */
const canonical: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  R: { type: 'message_start', model: 'codex', thread_id: STORED },
  h: { type: 'thinking_delta', text: 'hm' },
  t: { type: 'text_delta', text: 'hello' },
  u: { type: 'text_delta', text: '\n\nworld' },
  E: { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: THREAD },
  G: { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: STORED },
  K: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: THREAD },
  Q: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: STORED },
  N: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: '' },
};
const failing = (
  kind: Extract<TurnEvent, { type: 'error' }>['kind'],
  message: string,
  retryable = false,
): Record<string, TurnEvent> => ({
  ...canonical,
  f: { type: 'error', kind, message, retryable },
});

/** A codex that prints `lines$` until it is cancelled, and has its end in `dying$` then. */
const cancellable =
  (lines$: Observable<ProcessSignal>, dying$: Observable<ProcessSignal>): Ports['codex$'] =>
  (_run, cancel$) =>
    concat(lines$.pipe(takeUntil(cancel$)), dying$);

/** The session file of one workspace. */
const sessionInMemory = (): Pick<Ports, 'readSession$' | 'writeSession$'> => {
  let session: StoredThread = {};
  return {
    readSession$: () => defer(() => of(session)),
    writeSession$: (_workspace, threadId) =>
      defer(() => {
        session = { threadId };
        return EMPTY;
      }),
  };
};

const cancels = { c: byHost };
const stored: Record<string, StoredThread> = { s: { threadId: STORED }, n: {} };
const none: Record<string, never> = {};
const runs: Record<string, ProcessRun> = { r: quietRun };

describe('runTurn', () => {
  it(
    'gives codex U+FFFD for half a character in the prompt, with a warning',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('-T-S-a-C(x|)', codexOut);
      const subs = '       ^-------!   ';
      const expected = '   M----t--(E|)';
      const logged: string[] = [];
      const prompts: string[] = [];
      const { ports } = fakePorts({
        codex$: () => source,
        codexRun$: ({ prompt }) => {
          prompts.push(prompt);
          return of(quietRun);
        },
        log: (level, msg) => {
          if (level === 'warning') logged.push(msg);
        },
      });

      expectObservable(runTurn({ ...turn, text: 'half \uD83D' }, NEVER, ports)).toBe(
        expected,
        canonical,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(prompts).toEqual(['half \uFFFD']);
      expect(logged).toEqual([expect.stringContaining('half a character')]);
    }),
  );

  it(
    'emits thinking and text when they arrive, and the end when codex has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   --T--S--r--a----b------C--(x|)', codexOut);
      const subs = '         ^-------------------------!   ';
      const expected = '     M-------h--t----u---------(E|)';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends codex when the turn is cancelled, and completes when codex has exited',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const codex = cold('   --T--S---a-----b---C--', codexOut);
      const cancel = hot('   ------------c         ', cancels);
      const dying = cold('               ----(X|)  ', codexOut);
      const subs = '         ^-----------!         ';
      const cancelSubs = '   ^---------------!     ';
      const dyingSubs = '    ------------^---!     ';
      const expected = '     M--------t------(K|)  ';
      const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

      expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(cancel.subscriptions).toBe(cancelSubs);
      expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
    }),
  );

  describe('the thread of the workspace', () => {
    it(
      'resumes the thread of the workspace',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const session = cold('--(s|)                ', stored);
        const codex = cold('    --O--S---a--C--(x|) ', codexOut);
        const write = cold('      |                 ', none);
        const sessionSubs = ' ^-!                   ';
        const subs = '        --^--------------!    ';
        const expected = '    --R--------t-----(G|) ';
        const plans: ExecPlan[] = [];
        const { ports, logs } = fakePorts({
          readSession$: () => session,
          codexRun$: (plan) => (plans.push(plan), of(quietRun)),
          codex$: () => codex,
          writeSession$: () => write,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(session.subscriptions).toBe(sessionSubs);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(write.subscriptions).toBe([]);
        flush();
        expect(plans).toEqual([
          { threadId: STORED, model: undefined, images: [], workspace: '/w', prompt: 'hi' },
        ]);
        expect(logs.filter(({ level }) => level === 'warning')).toEqual([]);
      }),
    );

    it(
      'stores a new thread before it emits a later event',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const codex = cold('   --T--a--------C--(x|)', codexOut);
        const write = cold('     ------|            ', none);
        const subs = '         ^----------------!   ';
        const writeSubs = '    --^-----!            ';
        const expected = '     M-------t--------(E|)';
        const written: string[][] = [];
        const { ports } = fakePorts({
          codex$: () => codex,
          writeSession$: (workspace, id) => (written.push([workspace, id]), write),
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(write.subscriptions).toBe(writeSubs);
        flush();
        expect(written).toEqual([['/w', THREAD]]);
      }),
    );

    it(
      'stores a thread once when codex names it twice',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--T--a--C--(x|)', codexOut);
        const write = cold('     |               ', none);
        const subs = '         ^-------------!   ';
        const writeSubs = '    --(^!)            ';
        const expected = '     M-------t-----(E|)';
        const { ports } = fakePorts({ codex$: () => codex, writeSession$: () => write });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(write.subscriptions).toBe(writeSubs);
      }),
    );

    it(
      'logs a warning and runs the turn when the thread cannot be stored',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const codex = cold('   --T--a--C--(x|)', codexOut);
        const write = cold('     -#           ', none, new Error('EROFS'));
        const subs = '         ^----------!   ';
        const writeSubs = '    --^!           ';
        const expected = '     M----t-----(E|)';
        const { ports, logs } = fakePorts({ codex$: () => codex, writeSession$: () => write });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(write.subscriptions).toBe(writeSubs);
        flush();
        expect(logs.filter(({ level }) => level === 'warning').map(({ msg }) => msg)).toEqual([
          'the thread id could not be stored: EROFS',
        ]);
      }),
    );

    it(
      'stores another thread than the resumed one, with a warning',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const codex = cold('   --T--a--C--(x|)', codexOut);
        const write = cold('     |            ', none);
        const subs = '         ^----------!   ';
        const writeSubs = '    --(^!)         ';
        const expected = '     R----t-----(E|)';
        const { ports, logs } = fakePorts({
          readSession$: () => of({ threadId: STORED }),
          codex$: () => codex,
          writeSession$: () => write,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(write.subscriptions).toBe(writeSubs);
        flush();
        expect(logs).toContainEqual({
          level: 'warning',
          msg: 'codex began another thread than the one it was asked to resume',
          fields: { thread_id: THREAD, asked: STORED },
        });
      }),
    );

    it(
      'starts a new thread when the session file is invalid, and logs its problem',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const session = cold(' --(o|)              ', {
          o: { complaint: 'the file is a symbolic link' },
        });
        const codex = cold('       --T--a--C--(x|) ', codexOut);
        const sessionSubs = [' ^-!                ', '  --^-!               '];
        const subs = '         ----^----------!    ';
        const expected = '     --M------t-----(E|) ';
        const plans: ExecPlan[] = [];
        const { ports, logs } = fakePorts({
          readSession$: () => session,
          codexRun$: (plan) => (plans.push(plan), of(quietRun)),
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(session.subscriptions).toBe(sessionSubs);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        flush();
        expect(plans.map(({ threadId }) => threadId)).toEqual([undefined]);
        expect(logs).toContainEqual({ level: 'warning', msg: 'the file is a symbolic link' });
      }),
    );
  });

  describe('a lost thread', () => {
    const resuming: ProcessRun = { ...quietRun, args: ['resume'] };
    const starting: ProcessRun = { ...quietRun, args: ['start'] };
    const choosing: Partial<Ports> = {
      readSession$: () => of({ threadId: STORED }),
      codexRun$: ({ threadId }) => of(threadId === undefined ? starting : resuming),
    };

    it(
      'replaces a lost thread by a new one, once, with a warning',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const resumed = cold(' ---(l|)                 ', codexOut);
        const fresh = cold('      --T--a--C--(x|)      ', codexOut);
        const write = cold('           |               ', none);
        const resumedSubs = '  ^--!                    ';
        const freshSubs = '    ---^----------!         ';
        const writeSubs = '    --------(^!)            ';
        const expected = '     R-------t-----(E|)      ';
        const { ports, logs } = fakePorts({
          ...choosing,
          codex$: (run) => (run === resuming ? resumed : fresh),
          writeSession$: () => write,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
        expectSubscriptions(write.subscriptions).toBe(writeSubs);
        flush();
        expect(logs.filter(({ level }) => level === 'warning')).toMatchObject([
          {
            msg: 'codex no longer has the thread of this workspace; the turn begins a new one',
            fields: { thread_id: STORED },
          },
        ]);
      }),
    );

    it(
      'leaves the workspace its thread when a new one is refused for the same words',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const refused = {
          ...codexOut,
          F: line({
            type: 'turn.failed',
            error: { message: "400 Unknown parameter: 'input[3].status'." },
          }),
        };
        const resumed = cold(' --O--F--(d|)            ', refused);
        const fresh = cold('           --T--F--(d|)    ', refused);
        const write = cold('             |             ', none);
        const resumedSubs = '  ^-------!               ';
        const freshSubs = '    --------^-------!       ';
        const expected = '     R---------------(f|)    ';
        const { ports, logs } = fakePorts({
          ...choosing,
          codex$: (run) => (run === resuming ? resumed : fresh),
          writeSession$: () => write,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, {
          ...canonical,
          f: expect.objectContaining({ type: 'error', kind: 'invalid_request' }),
        });
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
        expectSubscriptions(write.subscriptions).toBe([]);
        flush();
        expect(logs.filter(({ level }) => level === 'warning').map(({ msg }) => msg)).toEqual([
          'the history of this thread is refused and cannot be repaired; the turn begins a new one',
          'the new thread ended before codex answered in it; the workspace keeps its previous thread',
        ]);
      }),
    );

    it(
      'emits an error when the new thread is lost, too',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const resumed = cold(' ---(l|)   ', codexOut);
        const fresh = cold('      --(l|) ', codexOut);
        const resumedSubs = '  ^--!      ';
        const freshSubs = '    ---^-!    ';
        const expected = '     R----(f|) ';
        const values = failing(
          'thread_lost',
          `codex: thread/resume failed: no rollout found for thread id ${STORED} (send the turn again: it begins a new thread)`,
        );
        const { ports } = fakePorts({
          ...choosing,
          codex$: (run) => (run === resuming ? resumed : fresh),
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, values);
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
      }),
    );

    it(
      'does not retry a turn that began as a new thread and lost it',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   ---(l|)', codexOut);
        const subs = '         ^--!   ';
        const expected = '     M--(f|)';
        const values = failing(
          'thread_lost',
          `codex: thread/resume failed: no rollout found for thread id ${STORED} (send the turn again: it begins a new thread)`,
        );
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, values);
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'does not retry a lost thread once the turn is cancelled',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const resumed = cold(' ----------  ', codexOut);
        const fresh = cold('   -----(x|)   ', codexOut);
        const cancel = hot('   -c          ', cancels);
        const dying = cold('    --(X|)     ', codexOut);
        const resumedSubs = '  ^!          ';
        const dyingSubs = '    -^-!        ';
        const expected = '     R--(Q|)     ';
        const ends = cancellable(resumed, dying);
        const { ports } = fakePorts({
          ...choosing,
          codex$: (run, cancel$) => (run === resuming ? ends(run, cancel$) : fresh),
        });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        expectSubscriptions(fresh.subscriptions).toBe([]);
      }),
    );

    it(
      'ends the second try after a lost thread when the turn is cancelled',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const resumed = cold(' ---(l|)             ', codexOut);
        const fresh = cold('      --T--S--a--C--   ', codexOut);
        const cancel = hot('   ---------c          ', cancels);
        const dying = cold('            --(X|)     ', codexOut);
        const resumedSubs = '  ^--!                ';
        const freshSubs = '    ---^-----!          ';
        const dyingSubs = '    ---------^-!        ';
        const expected = '     R----------(K|)     ';
        const ends = cancellable(fresh, dying);
        const { ports } = fakePorts({
          ...choosing,
          codex$: (run, cancel$) => (run === resuming ? resumed : ends(run, cancel$)),
        });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );
  });

  describe('usage', () => {
    const known = {
      input_tokens: 7,
      cached_input_tokens: 4,
      output_tokens: 1,
      reasoning_output_tokens: 0,
    };
    const ofTurn = {
      input_tokens: 3,
      cached_input_tokens: 0,
      output_tokens: 1,
      reasoning_output_tokens: 1,
    };

    it(
      'reports the usage of the turn, not that of the thread',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --O--a--C--(x|)', codexOut);
        const subs = '         ^----------!   ';
        const expected = '     R----t-----(E|)';
        const { ports } = fakePorts({
          rolloutMark$: () => of({ offset: 90, total: known }),
          readSession$: () => of({ threadId: STORED }),
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, {
          ...canonical,
          E: { type: 'message_end', stop_reason: 'end_turn', usage: ofTurn, thread_id: STORED },
        });
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'does not subtract the total of the resumed thread from the usage of another thread',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--C--(x|)', codexOut);
        const subs = '         ^----------!   ';
        const expected = '     R----t-----(E|)';
        const { ports } = fakePorts({
          rolloutMark$: () => of({ offset: 90, total: known }),
          readSession$: () => of({ threadId: STORED }),
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );
  });

  describe('cancel', () => {
    it(
      'does not start codex when the turn is cancelled before the start',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const run = cold('     ----(r|)', runs);
        const codex = cold('   --T--   ', codexOut);
        const cancel = hot('   --c     ', cancels);
        const runSubs = '      ^-!     ';
        const cancelSubs = '   ^-!     ';
        const expected = '     M-(N|)  ';
        const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(run.subscriptions).toBe(runSubs);
        expectSubscriptions(codex.subscriptions).toBe([]);
        expectSubscriptions(cancel.subscriptions).toBe(cancelSubs);
      }),
    );

    it(
      'ends the turn at once when the cancel has come before',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const run = cold('     ----(r|)', runs);
        const codex = cold('   --T--   ', codexOut);
        const expected = '     (MN|)   ';
        const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

        expectObservable(runTurn(turn, of(byHost), ports)).toBe(expected, canonical);
        expectSubscriptions(run.subscriptions).toBe([]);
        expectSubscriptions(codex.subscriptions).toBe([]);
      }),
    );

    it(
      'releases the images when the turn is cancelled while they are staged',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const release$ = new Subject<string>();
        let released = 0;
        const images = cold('  ----(i|)', {
          i: {
            paths: ['/p.png'],
            notes: [],
            release: () => {
              released += 1;
              if (released === 1) release$.next('r');
            },
          },
        });
        const codex = cold('   --T--   ', codexOut);
        const cancel = hot('   --c     ', cancels);
        const imagesSubs = '   ^---!   ';
        const expected = '     M---(N|)';
        const releases = '     ----r   ';
        const { ports } = fakePorts({ stageImages$: () => images, codex$: () => codex });

        expectObservable(release$).toBe(releases);
        expectObservable(runTurn(pictured, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(images.subscriptions).toBe(imagesSubs);
        expectSubscriptions(codex.subscriptions).toBe([]);
        flush();
        expect(released).toBeGreaterThan(0);
      }),
    );

    it(
      'ends a queued turn at once when it is cancelled',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const first = cold('   --T--a------C--(x|)', codexOut);
        const second = cold('  --T--a--C--(x|)    ', codexOut);
        const cancel = hot('   ------c            ', cancels);
        const firstSubs = '    ^--------------!   ';
        const firstExp = '     M----t---------(E|)';
        const secondExp = '    ------(MN|)        ';
        const inOrder = createWorkspaceQueue(4);

        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => first }).ports),
        ).toBe(firstExp, canonical);
        expectObservable(
          runTurn(turn, cancel, fakePorts({ inOrder, codex$: () => second }).ports),
        ).toBe(secondExp, canonical);
        expectSubscriptions(first.subscriptions).toBe(firstSubs);
        expectSubscriptions(second.subscriptions).toBe([]);
      }),
    );

    it(
      'cancels codex when a deadline expires, and emits an error when codex has exited',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const codex = cold('   --T--a-------------', codexOut);
        const silent: Cancel = {
          reason: 'deadline',
          graceMs: 7,
          expired: { deadline: 'idle', ms: 5 },
        };
        const dying = cold('             ---(L|)  ', {
          L: exit({ code: null, signal: 'SIGINT', cancelled: silent }),
        });
        const subs = '         ^---------!        ';
        const dyingSubs = '    ----------^--!     ';
        const expected = '     M----t-------(f|)  ';
        const message =
          'codex: the turn was ended: it gave no sign of life for 5 ms (idle_timeout_ms)';
        const cancelled = '    ----------d        ';
        const received: Cancel[] = [];
        const received$ = new Subject<Cancel>();
        const codex$: Ports['codex$'] = (_run, cancel$) =>
          concat(
            codex.pipe(
              takeUntil(
                cancel$.pipe(
                  tap((cancel) => {
                    received.push(cancel);
                    received$.next(cancel);
                  }),
                ),
              ),
            ),
            dying,
          );
        const { ports } = fakePorts({
          deadlines: { firstEvent: 9, idle: 5, command: 9, reconnect: 0, turn: 0 },
          graceMs: 7,
          codex$,
        });

        expectObservable(received$).toBe(cancelled, { d: silent });
        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, {
          ...canonical,
          f: { type: 'error', kind: 'timeout', message, retryable: true },
        });
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        flush();
        expect(received).toEqual([silent]);
      }),
    );

    it(
      'ignores a second cancel',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a-----b--C--', codexOut);
        const cancel = hot('   -------c-c-------', cancels);
        const dying = cold('          -----(X|) ', codexOut);
        const subs = '         ^------!         ';
        const cancelSubs = '   ^-----------!    ';
        const dyingSubs = '    -------^----!    ';
        const expected = '     M----t------(K|) ';
        const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(cancel.subscriptions).toBe(cancelSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );

    it(
      'emits a complete turn although it is cancelled before the process has exited',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--C-------', codexOut);
        const cancel = hot('   ----------c     ', cancels);
        const dying = cold('             --(X|)', codexOut);
        const subs = '         ^---------!     ';
        const dyingSubs = '    ----------^-!   ';
        const expected = '     M----t------(E|)';
        const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );

    it(
      'unsubscribes from the cancel at the end of the turn',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--C--(x|)      ', codexOut);
        const cancel = hot('   ----------------c    ', cancels);
        const subs = '         ^----------!         ';
        const cancelSubs = '   ^----------!         ';
        const expected = '     M----t-----(E|)      ';
        const { ports } = fakePorts({ codex$: cancellable(codex, EMPTY) });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(cancel.subscriptions).toBe(cancelSubs);
      }),
    );
  });

  describe('failures', () => {
    it(
      'emits an error when there is no binary',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const run = cold('     --#    ', runs, new BinaryError('there is no codex'));
        const codex = cold('   --T--  ', codexOut);
        const runSubs = '      ^-!    ';
        const expected = '     M-(f|) ';
        const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('binary', `codex: there is no codex${adviceFor('binary', '')}`),
        );
        expectSubscriptions(run.subscriptions).toBe(runSubs);
        expectSubscriptions(codex.subscriptions).toBe([]);
      }),
    );

    it(
      'emits an error when there is no workspace folder',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const run = cold('     --#    ', runs, new WorkspaceError('/w is not a directory'));
        const codex = cold('   --T--  ', codexOut);
        const runSubs = '      ^-!    ';
        const expected = '     M-(f|) ';
        const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing(
            'invalid_request',
            `codex: /w is not a directory${adviceFor('invalid_request', '')}`,
          ),
        );
        expectSubscriptions(run.subscriptions).toBe(runSubs);
        expectSubscriptions(codex.subscriptions).toBe([]);
      }),
    );

    it(
      'opens the workspace after message_start, and before codex starts',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const open = cold<never>(' --|    ');
        const codex = cold('         -# ', codexOut, new Error('EIO'));
        const openSubs = '         ^-!    ';
        const codexSubs = '        --^!   ';
        const expected = '         M--(f|)';
        const { ports } = fakePorts({ openWorkspace$: () => open, codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('internal', `codex: EIO${adviceFor('internal', '')}`),
        );
        expectSubscriptions(open.subscriptions).toBe(openSubs);
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      }),
    );

    it(
      'emits a config error when the workspace cannot be created, and starts nothing',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const open = cold<never>('--#    ', {}, new CreateWorkspaceError('/w is no directory'));
        const run = cold('       a|    ', runs);
        const openSubs = '     ^-!    ';
        const expected = '     M-(f|) ';
        const { ports } = fakePorts({ openWorkspace$: () => open, codexRun$: () => run });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('config', `codex: /w is no directory${adviceFor('config', '')}`),
        );
        expectSubscriptions(open.subscriptions).toBe(openSubs);
        expectSubscriptions(run.subscriptions).toBe([]);
      }),
    );

    it(
      'opens no workspace for a turn that was cancelled in the queue',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const open = cold<never>('--#    ', {}, new CreateWorkspaceError('/w is no directory'));
        const cancel$ = of<Cancel>({ reason: 'host', graceMs: 5 });
        const expected = '     (ME|)  ';
        const { ports } = fakePorts({ openWorkspace$: () => open });

        expectObservable(runTurn(turn, cancel$, ports)).toBe(expected, {
          M: { type: 'message_start', model: 'codex' },
          E: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: '' },
        });
        expectSubscriptions(open.subscriptions).toBe([]);
      }),
    );

    it(
      'emits an error when the process cannot be started',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold(
          '   --#    ',
          codexOut,
          new SpawnError(Object.assign(new Error('spawn /bin/codex EACCES'), { code: 'EACCES' })),
        );
        const subs = '         ^-!    ';
        const expected = '     M-(f|) ';
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing(
            'binary',
            `codex: the codex process could not be started: spawn /bin/codex EACCES${adviceFor('binary', '')}`,
          ),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it.each(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'])(
      'emits a retryable error when the machine has no process, memory or file left: %s',
      (code) => {
        marbles(({ cold, expectObservable, expectSubscriptions }) => {
          const error = new SpawnError(Object.assign(new Error(`spawn codex ${code}`), { code }));
          const codex = cold('   --#    ', codexOut, error);
          const subs = '         ^-!    ';
          const expected = '     M-(f|) ';
          const { ports } = fakePorts({ codex$: () => codex });

          expectObservable(runTurn(turn, NEVER, ports)).toBe(
            expected,
            failing(
              'overloaded',
              `codex: the codex process could not be started: spawn codex ${code}${adviceFor('overloaded', code)}`,
              true,
            ),
          );
          expectSubscriptions(codex.subscriptions).toBe(subs);
        })();
      },
    );

    it(
      'emits an error when the process dies without output',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--(d|)', codexOut);
        const subs = '         ^-------!   ';
        const expected = '     M----t--(f|)';
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('process_died', 'codex: the process exited with code 101 and said nothing', true),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'includes the last lines of stderr in the error when the process dies',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   ---(e|)', codexOut);
        const subs = '         ^--!   ';
        const expected = '     M--(f|)';
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('config', `codex: Not inside a trusted directory${adviceFor('config', '')}`),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'emits the failure of a turn when codex has exited',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--F--(d|)', codexOut);
        const subs = '         ^----------!   ';
        const expected = '     M----t-----(f|)';
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing(
            'stream_interrupted',
            'codex: stream disconnected before completion (send the turn again)',
            true,
          ),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'emits an error when the transport completes without an exit',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const codex = cold('   --T--a--|   ', codexOut);
        const subs = '         ^-------!   ';
        const expected = '     M----t--(f|)';
        const { ports } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('internal', `codex: the turn ended without an end${adviceFor('internal', '')}`),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'emits an error when the transport is empty',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold('--|   ', stored);
        const subs = '        ^-!   ';
        const expected = '    --(f|)';
        const { ports } = fakePorts({ readSession$: () => session });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('internal', `codex: the turn ended without an end${adviceFor('internal', '')}`),
        );
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'emits an error when a port fails that should not',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold('--#   ', stored, new Error('EIO'));
        const subs = '        ^-!   ';
        const expected = '    --(f|)';
        const { ports } = fakePorts({ readSession$: () => session });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(
          expected,
          failing('internal', `codex: EIO${adviceFor('internal', '')}`),
        );
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'logs malformed lines and continues the turn',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const codex = cold('   --T-n-a-n-C--(x|)', codexOut);
        const subs = '         ^------------!   ';
        const expected = '     M-----t------(E|)';
        const { ports, logs } = fakePorts({ codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        flush();
        expect(logs.map(({ level, fields }) => [level, fields])).toEqual([
          ['warning', { reason: 'not JSON', sample: 'noise' }],
          ['notice', { kind: 'event later.event', codex: undefined }],
          ['debug', { code: 0, signal: null, malformed: 2, unrecognised: 2 }],
          [
            'info',
            {
              outcome: 'completed',
              thread_id: THREAD,
              waited_ms: 0,
              duration_ms: 13,
              ...usage,
              events: 3,
              malformed: 2,
              unrecognised: 2,
            },
          ],
        ]);
      }),
    );
  });

  describe('images', () => {
    /** Keeps in `order` what the host hears and when the images go. */
    const told = (order: string[]) => {
      const staged: StagedImages = {
        paths: ['/a.png', '/b.png'],
        notes: ['[c]', '[d]'],
        release: () => order.includes('released') || order.push('released'),
      };
      return { staged, keep: tap<TurnEvent>(({ type }) => order.push(type)) };
    };

    it(
      'passes images to codex as paths and notes, and releases them before the end',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const order: string[] = [];
        const plans: ExecPlan[] = [];
        const { staged, keep } = told(order);
        const images = cold('  --(i|)              ', { i: staged });
        const codex = cold('     --T--a--C--(x|)   ', codexOut);
        const imagesSubs = '   ^-!                 ';
        const subs = '         --^----------!      ';
        const expected = '     M------t-----(E|)   ';
        const { ports } = fakePorts({
          stageImages$: () => images,
          codexRun$: (plan) => (plans.push(plan), of(quietRun)),
          codex$: () => codex,
        });

        expectObservable(runTurn(pictured, NEVER, ports).pipe(keep)).toBe(expected, canonical);
        expectSubscriptions(images.subscriptions).toBe(imagesSubs);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        flush();
        expect(order).toEqual(['message_start', 'text_delta', 'released', 'message_end']);
        expect(plans).toMatchObject([{ images: ['/a.png', '/b.png'], prompt: 'hi\n\n[c]\n\n[d]' }]);
      }),
    );

    it(
      'keeps the thread when the one picture of the turn is refused',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const { staged } = told([]);
        const codex = cold('     --I(d|)', {
          ...codexOut,
          I: line({ type: 'turn.failed', error: { message: 'Invalid image in your message' } }),
        });
        const subs = '           ^--!   ';
        const expected = '       R--(f|)';
        const { ports } = fakePorts({
          readSession$: () => of({ threadId: STORED }),
          stageImages$: () => of({ ...staged, paths: ['/a.png'] }),
          codex$: () => codex,
        });

        expectObservable(runTurn(pictured, NEVER, ports)).toBe(
          expected,
          failing(
            'invalid_request',
            expect.stringContaining('send the message without its pictures'),
          ),
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );

    it(
      'begins a new thread when a picture is refused in a turn without one',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const { staged } = told([]);
        const refused = cold('   --I(d|)', {
          I: line({ type: 'turn.failed', error: { message: 'Invalid image in your message' } }),
          d: exit({ code: 101 }),
        });
        const next = cold('         T-a-C(x|)', codexOut);
        const subs = '         ^--!';
        const nextSubs = '     ---^----!';
        const expected = '       R----t--(E|)';
        const codexes = [refused, next];
        const { ports } = fakePorts({
          readSession$: () => of({ threadId: STORED }),
          stageImages$: () => of({ ...staged, paths: [] }),
          codex$: () => codexes.shift() ?? EMPTY,
        });

        expectObservable(runTurn(pictured, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(refused.subscriptions).toBe(subs);
        expectSubscriptions(next.subscriptions).toBe(nextSubs);
        flush();
        expect(codexes).toEqual([]);
      }),
    );

    it(
      'releases the images before an error',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const order: string[] = [];
        const { staged, keep } = told(order);
        const run = cold('     --#    ', runs, new BinaryError('there is no codex'));
        const runSubs = '      ^-!    ';
        const expected = '     M-(f|) ';
        const { ports } = fakePorts({ stageImages$: () => of(staged), codexRun$: () => run });

        expectObservable(runTurn(pictured, NEVER, ports).pipe(keep)).toBe(
          expected,
          failing('binary', `codex: there is no codex${adviceFor('binary', '')}`),
        );
        expectSubscriptions(run.subscriptions).toBe(runSubs);
        flush();
        expect(order).toEqual(['message_start', 'released', 'error']);
      }),
    );

    it(
      'releases the images before an immediate error',
      marbles(({ expectObservable, flush }) => {
        const order: string[] = [];
        const { staged, keep } = told(order);
        const expected = '(Mf|)';
        const { ports } = fakePorts({
          stageImages$: () => of(staged),
          codexRun$: () => throwError(() => new BinaryError('there is no codex')),
        });

        expectObservable(runTurn(pictured, NEVER, ports).pipe(keep)).toBe(
          expected,
          failing('binary', `codex: there is no codex${adviceFor('binary', '')}`),
        );
        flush();
        expect(order).toEqual(['message_start', 'released', 'error']);
      }),
    );

    it(
      'keeps the images for the second try with a new thread',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const order: string[] = [];
        const { staged, keep } = told(order);
        const resumed = cold(' ---(l|)            ', codexOut);
        const fresh = cold('      --T--a--C--(x|) ', codexOut);
        const resumedSubs = '  ^--!               ';
        const freshSubs = '    ---^----------!    ';
        const expected = '     R-------t-----(E|) ';
        const { ports } = fakePorts({
          readSession$: () => of({ threadId: STORED }),
          stageImages$: () => of(staged),
          codexRun$: ({ threadId, images }) => {
            order.push(`${threadId === undefined ? 'starts' : 'resumes'} with ${images.length}`);
            return of(threadId === undefined ? quietRun : { ...quietRun, args: ['resume'] });
          },
          codex$: ({ args }) => (args.length > 0 ? resumed : fresh),
        });

        expectObservable(runTurn(pictured, NEVER, ports).pipe(keep)).toBe(expected, canonical);
        expectSubscriptions(resumed.subscriptions).toBe(resumedSubs);
        expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
        flush();
        expect(order).toEqual([
          'message_start',
          'resumes with 2',
          'starts with 2',
          'text_delta',
          'released',
          'message_end',
        ]);
      }),
    );

    it(
      'releases the images when unsubscribed',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const order: string[] = [];
        const { staged, keep } = told(order);
        const codex = cold('   --T--a--C--(x|)', codexOut);
        const unsub = '        ------!        ';
        const subs = '         ^-----!        ';
        const expected = '     M----t-        ';
        const { ports } = fakePorts({ stageImages$: () => of(staged), codex$: () => codex });

        expectObservable(runTurn(pictured, NEVER, ports).pipe(keep), unsub).toBe(
          expected,
          canonical,
        );
        expectSubscriptions(codex.subscriptions).toBe(subs);
        flush();
        expect(order).toEqual(['message_start', 'text_delta', 'released']);
      }),
    );

    it(
      'refuses a prompt that the notes of its images make too long, before codex starts',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const run = cold('     --(r|)', runs);
        const expected = '     (Mf|) ';
        const long: Turn = { ...pictured, text: 'a'.repeat(MAX_PROMPT_CHARS) };
        const { ports } = fakePorts({
          stageImages$: () => of({ paths: [], notes: ['[c]'], release: () => undefined }),
          codexRun$: () => run,
        });

        expectObservable(runTurn(long, NEVER, ports)).toBe(
          expected,
          failing(
            'prompt_too_large',
            'codex: the prompt is longer than 1048576 characters, which is all that codex takes (shorten the prompt)',
          ),
        );
        expectSubscriptions(run.subscriptions).toBe([]);
      }),
    );
  });

  describe('two turns', () => {
    it(
      'runs two turns of one workspace in order, and the second resumes the thread of the first',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const first = cold('   --T--a--C--(x|)            ', codexOut);
        const second = cold('             --T--a--D--(x|) ', {
          ...codexOut,
          D: line({ type: 'turn.completed', usage: twice }),
        });
        const firstSubs = '    ^----------!               ';
        const secondSubs = '   -----------^----------!    ';
        const firstExp = '     M----t-----(E|)            ';
        const secondExp = '    -----------A----t-----(E|) ';
        const kept = {
          inOrder: createWorkspaceQueue(4),
          rolloutMark$: () => of({ offset: 90, total: usage }),
          ...sessionInMemory(),
        };

        expectObservable(
          runTurn(turn, NEVER, fakePorts({ ...kept, codex$: () => first }).ports),
        ).toBe(firstExp, canonical);
        expectObservable(
          runTurn(turn, NEVER, fakePorts({ ...kept, codex$: () => second }).ports),
        ).toBe(secondExp, {
          ...canonical,
          A: { type: 'message_start', model: 'codex', thread_id: THREAD },
        });
        expectSubscriptions(first.subscriptions).toBe(firstSubs);
        expectSubscriptions(second.subscriptions).toBe(secondSubs);
      }),
    );

    it(
      'runs turns of two workspaces concurrently',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const one = cold('     --T--a--C--(x|)  ', codexOut);
        const two = cold('     -T--r---C----(x|)', codexOut);
        const oneSubs = '      ^----------!     ';
        const twoSubs = '      ^------------!   ';
        const oneExp = '       M----t-----(E|)  ';
        const twoExp = '       M---h--------(E|)';
        const inOrder = createWorkspaceQueue(4);

        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => one }).ports),
        ).toBe(oneExp, canonical);
        expectObservable(
          runTurn(
            { ...turn, workspace: '/x' },
            NEVER,
            fakePorts({ inOrder, codex$: () => two }).ports,
          ),
        ).toBe(twoExp, canonical);
        expectSubscriptions(one.subscriptions).toBe(oneSubs);
        expectSubscriptions(two.subscriptions).toBe(twoSubs);
      }),
    );

    it(
      'logs and notifies at once that it waits, with the number of turns ahead',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const first = cold('   --T--a--C--(x|)', codexOut);
        const second = cold('             -(x|)', codexOut);
        const firstSubs = '    ^----------!   ';
        const waits = '        w--------------';
        const inOrder = createWorkspaceQueue(4);
        const log$ = new Subject<unknown>();
        const notice$ = new Subject<unknown>();
        const { ports } = fakePorts({
          inOrder,
          codex$: () => second,
          log: (...message) => log$.next(message),
          onNotice: (notice) => notice$.next(notice),
        });

        expectObservable(log$.pipe(take(1))).toBe('(w|)', {
          w: ['info', 'the turn waits', { ahead: 1 }],
        });
        expectObservable(notice$).toBe(waits, { w: { wait: { ahead: 1 } } });
        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => first }).ports),
        ).toBe('M----t-----(E|)', canonical);
        expectObservable(runTurn(turn, NEVER, ports), '^-----!').toBe('-');
        expectSubscriptions(first.subscriptions).toBe(firstSubs);
      }),
    );

    it(
      'runs the second turn of a workspace after the first has failed',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const first = cold(
          '   ---#               ',
          codexOut,
          new SpawnError(Object.assign(new Error('spawn codex ENOENT'), { code: 'ENOENT' })),
        );
        const second = cold('     --T--a--C--(x|) ', codexOut);
        const firstSubs = '    ^--!               ';
        const secondSubs = '   ---^----------!    ';
        const firstExp = '     M--(f|)            ';
        const secondExp = '    ---M----t-----(E|) ';
        const inOrder = createWorkspaceQueue(4);

        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => first }).ports),
        ).toBe(
          firstExp,
          failing(
            'binary',
            `codex: the codex process could not be started (spawn codex ENOENT): the interpreter in its first line is missing${adviceFor('binary', '')}`,
          ),
        );
        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => second }).ports),
        ).toBe(secondExp, canonical);
        expectSubscriptions(first.subscriptions).toBe(firstSubs);
        expectSubscriptions(second.subscriptions).toBe(secondSubs);
      }),
    );

    it(
      'starts the second turn of a workspace when the process of a cancelled first one has exited',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const first = cold('   --T--a-------------------', codexOut);
        const cancel = hot('   -------c                 ', cancels);
        const dying = cold('          -----(X|)         ', codexOut);
        const second = cold('              -T-a-C-(x|)  ', codexOut);
        const firstSubs = '    ^------!                 ';
        const dyingSubs = '    -------^----!            ';
        const secondSubs = '   ------------^------!     ';
        const firstExp = '     M----t------(K|)         ';
        const secondExp = '    ------------M--t---(E|)  ';
        const inOrder = createWorkspaceQueue(4);

        expectObservable(
          runTurn(turn, cancel, fakePorts({ inOrder, codex$: cancellable(first, dying) }).ports),
        ).toBe(firstExp, canonical);
        expectObservable(
          runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => second }).ports),
        ).toBe(secondExp, canonical);
        expectSubscriptions(first.subscriptions).toBe(firstSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        expectSubscriptions(second.subscriptions).toBe(secondSubs);
      }),
    );
  });

  it(
    'does not emit or complete while codex prints nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   ------', codexOut);
      const subs = '         ^-----';
      const expected = '     M-----';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a synchronous turn in order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   (TSrabCx|)', codexOut);
      const subs = '         (^!)      ';
      const expected = '     (MhtuE|)  ';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   T 180m a 180m C(x|)', codexOut);
      const subs = '         ^ 21600002ms !     ';
      const expected = '     M 180m t 180m -(E|)';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from codex when unsubscribed, and the next turn starts',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   --T--a--C--(x|)     ', codexOut);
      const next = cold('          --T--a--C--(x|)', codexOut);
      const unsub = '        ------!             ';
      const subs = '         ^-----!             ';
      const nextSubs = '     ------^----------!  ';
      const expected = '     M----t-             ';
      const nextExp = '      ------M----t-----(E|)';
      const inOrder = createWorkspaceQueue(4);

      expectObservable(
        runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => codex }).ports),
        unsub,
      ).toBe(expected, canonical);
      expectObservable(runTurn(turn, NEVER, fakePorts({ inOrder, codex$: () => next }).ports)).toBe(
        nextExp,
        canonical,
      );
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'runs a turn per subscription, and nothing before',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const session = cold(' (n|)                  ', stored);
      const codex = cold('   --T--a--C--(x|)       ', codexOut);
      const firstSubs = '    ^----------!          ';
      const first = '        M----t-----(E|)       ';
      const later = '        ---------------^      ';
      const laterSubs = '    ---------------^----------!';
      const second = '       ---------------M----t-----(E|)';
      // Each turn reads the file again when it begins its thread.
      const sessionSubs = [' (^!)', '(^!)', '---------------(^!)', '---------------(^!)'];
      const { ports } = fakePorts({ readSession$: () => session, codex$: () => codex });
      const turn$ = runTurn(turn, NEVER, ports);

      expectObservable(turn$).toBe(first, canonical);
      expectObservable(turn$, later).toBe(second, canonical);
      expectSubscriptions(session.subscriptions).toBe(sessionSubs);
      expectSubscriptions(codex.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  testUnsubscription('TSa', codexOutput, (codex$) =>
    runTurn(turn, NEVER, fakePorts({ codex$: () => codex$ }).ports),
  );
});
