import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { HostCall } from '../../../src/bridge/answer-call.js';
import { runTool } from '../../../src/cli/say/run-tool.js';
import type { ProcessRun, ProcessSignal } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';

const tools = [
  { name: 'look_up', inputSchema: {}, command: ['prog', 'a b'] },
  { name: 'bare', inputSchema: {} },
];
const call = (name: string): HostCall => ({ agent_id: 'say', name, arguments: { x: 1 } });
const stdout = (bytes: Uint8Array | string): ProcessSignal => ({
  type: 'stdout',
  chunk: Buffer.from(bytes),
});
const exited = (code: number | null, signal: string | null, stderr = ''): ProcessSignal => ({
  type: 'exited',
  code,
  signal,
  stderr,
});
const letter = Buffer.from('ü');
const signals = {
  a: stdout('one\n'),
  b: stdout(letter.subarray(0, 1)),
  c: stdout(letter.subarray(1)),
  x: exited(0, null, 'chatter'),
  y: exited(3, null, 'no such colour\n'),
  z: exited(4, null),
  k: exited(null, 'SIGKILL'),
};
const wrong = (text: string) => ({ content: [{ type: 'text', text }], isError: true });
const results = {
  X: { content: [{ type: 'text', text: 'one\nü' }] },
  O: { content: [{ type: 'text', text: '' }] },
  Y: wrong('the command exited with code 3: no such colour'),
  Z: wrong('the command exited with code 4: one'),
  K: wrong('the command was ended by SIGKILL: '),
  N: wrong('the command of look_up could not be started: spawn prog ENOENT'),
  B: wrong('the tool bare has no command in the tools file, so nothing runs when it is called'),
  U: wrong('the tool nope has no command in the tools file, so nothing runs when it is called'),
};

const ran = (process: Observable<ProcessSignal>, name = 'look_up') => {
  const runs: ProcessRun[] = [];
  const result$ = runTool(tools, call(name), {
    process$: (run) => {
      runs.push(run);
      return process;
    },
    cancel$: NEVER,
    workspace: '/w',
    env: { A: '1' },
  });
  return { result$, runs };
};

describe('runTool', () => {
  it(
    'passes the arguments on stdin and emits stdout when the command has exited',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const process = cold(' --a-bc 60s -(x|) ', signals);
      const subs = '         ^----- 60s -!    ';
      const expected = '     ------ 60s -(X|) ';
      const { result$, runs } = ran(process);

      expectObservable(result$).toBe(expected, results);
      expectSubscriptions(process.subscriptions).toBe(subs);
      flush();
      expect(runs).toEqual([
        { file: 'prog', args: ['a b'], cwd: '/w', env: { A: '1' }, stdin: '{"x":1}' },
      ]);
    }),
  );

  it.each([
    ['prints nothing', '(x|)', '(^!)', '(O|)'],
    ['fails with a reason on stderr', 'a-(y|)', '^-!   ', '--(Y|)'],
    ['fails with a reason on stdout', 'a-(z|)', '^-!   ', '--(Z|)'],
    ['is killed', '--(k|)', '^-!   ', '--(K|)'],
    ['cannot be started', '--#   ', '^-!   ', '--(N|)'],
    ['never ends', '--a---', '^     ', '------'],
  ])('emits the result of a command that %s', (_what, marble, subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const process = cold(marble, signals, new Error('spawn prog ENOENT'));

      expectObservable(ran(process).result$).toBe(expected, results);
      expectSubscriptions(process.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['bare', '(B|)'],
    ['nope', '(U|)'],
  ])('starts no process for the tool %s', (name, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const process = cold('--x|', signals);
      const { result$, runs } = ran(process, name);

      expectObservable(result$).toBe(expected, results);
      expectSubscriptions(process.subscriptions).toBe([]);
      flush();
      expect(runs).toEqual([]);
    })();
  });

  it(
    'unsubscribes from the process when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const process = hot('  --a--(x|)', signals);
      const unsub = '        ---!     ';
      const subs = '         ^--!     ';
      const expected = '     ----     ';

      expectObservable(ran(process).result$, unsub).toBe(expected, results);
      expectSubscriptions(process.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts a process for every subscriber',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const process = cold('-(x|)           ', signals);
      const later = '        ---^            ';
      const { result$ } = ran(process);

      expectObservable(result$).toBe('       -(O|)           ', results);
      expectObservable(result$, later).toBe('----(O|)        ', results);
      expectSubscriptions(process.subscriptions).toBe(['^!              ', '---^!           ']);
    }),
  );
});
