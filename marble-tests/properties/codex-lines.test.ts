import fc from 'fast-check';
import { concat, from, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { oneTerminal } from '../../src/canonical/one-terminal.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import { toCanonical } from '../../src/codex/events/to-canonical.js';
import { codexSignals } from '../../src/codex/exec/codex-signals.js';
import type { CodexExited } from '../../src/codex/run.js';
import { parseJson } from '../../src/lines/parse-json.js';
import { splitLines } from '../../src/lines/split-lines.js';
import type { Cancel, ProcessSignal } from '../../src/process/run.js';
import { runTurn, type Turn } from '../../src/turn/run-turn.js';
import { holds } from '../support/fuzz.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { chunked, cuts } from './chunks.js';
import { collect } from './collect.js';
import { faultsOf } from './grammar.js';
import { anyJson, linesOf, mostly, shape, word } from './json-text.js';
import { records, THREAD } from './records.js';

const tokens = fc.constantFrom('0', '1', '7', '9007199254740993', '1e400', '-3');
const usage = shape({
  input_tokens: tokens,
  cached_input_tokens: tokens,
  output_tokens: tokens,
  reasoning_output_tokens: tokens,
});
const texts = word(
  'hello',
  '',
  'Reconnecting... 1/5 (dns error)',
  '{"error":{"message":"no"}}',
  '{"error":{"message":""}}',
  'no rollout found for thread id x',
  `rate limit exceeded: try again in ${'9'.repeat(400)}s`,
);
const item = shape({
  id: word('item_0'),
  type: word(
    'agent_message',
    'reasoning',
    'error',
    'command_execution',
    'file_change',
    'mcp_tool_call',
    'todo_list',
    'later',
    '__proto__',
    'constructor',
  ),
  text: texts,
  message: texts,
});

/** Events as codex prints them, with some variations. */
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: shape({ type: word('item.started', 'item.updated', 'item.completed'), item }),
  },
  {
    weight: 2,
    arbitrary: shape({ type: word('thread.started'), thread_id: word(THREAD, '', '../x') }),
  },
  { weight: 1, arbitrary: shape({ type: word('turn.started', 'turn.later', 'constructor', '') }) },
  { weight: 1, arbitrary: shape({ type: word('turn.completed'), usage }) },
  { weight: 1, arbitrary: shape({ type: word('turn.failed'), error: shape({ message: texts }) }) },
  { weight: 1, arbitrary: shape({ type: word('error'), message: texts }) },
  { weight: 1, arbitrary: mostly(anyJson) },
);
const stdout = fc
  .tuple(linesOf(event), cuts)
  .map(([bytes, shares]) =>
    chunked(bytes, shares).map((chunk): ProcessSignal => ({ type: 'stdout', chunk })),
  );
const cancelled = fc.constantFrom<Cancel>(
  { reason: 'host', graceMs: 1 },
  { reason: 'shutdown', graceMs: 1 },
  { reason: 'deadline', graceMs: 1, expired: { deadline: 'idle', ms: 5 } },
  { reason: 'deadline', graceMs: 1, refused: 'the sandbox' },
);
const stderr = fc.oneof(
  fc.constantFrom(
    '',
    '\n',
    'Reading additional input from stdin...\n',
    'Error: \n',
    'Error: no rollout found for thread id x\n',
    'error',
  ),
  fc.string({ unit: 'binary' }),
);
const exited: fc.Arbitrary<CodexExited> = fc.record(
  {
    type: fc.constant('exited' as const),
    code: fc.option(fc.nat(255)),
    signal: fc.option(fc.constantFrom('SIGINT', 'SIGKILL')),
    stderr,
    cancelled,
  },
  { requiredKeys: ['type', 'code', 'signal', 'stderr'] },
);
const process = fc.record({ out: stdout, end: fc.option(exited), breaks: fc.boolean() });
type Process = typeof process extends fc.Arbitrary<infer P> ? P : never;

/** A process that exits, fails, or completes without an exit. */
const signals$ = ({ out, end, breaks }: Process) =>
  concat(
    from(out),
    end === null ? of() : of(end),
    breaks ? throwError(() => new Error('EIO')) : of(),
  );
const problem = () => ownFailure('internal', 'gone');

describe('the chain of a turn, for any output of codex', () => {
  it('emits one turn with one terminal event', () => {
    holds(
      fc.property(process, fc.constantFrom('', THREAD), (codex, threadId) => {
        const events = collect(
          signals$(codex).pipe(
            codexSignals(),
            toCanonical({ threadId }),
            oneTerminal(problem, problem),
          ),
        );

        expect(faultsOf(events)).toEqual([]);
      }),
    );
  });

  it('emits a valid turn for any rollout', () => {
    const turn: Turn = {
      agentId: 'ada',
      modelId: 'codex',
      model: undefined,
      workspace: '/w',
      text: 'hello',
      images: [],
      tools: [],
    };

    holds(
      fc.property(
        process,
        process,
        records,
        fc.option(fc.constant(THREAD)),
        (first, second, lines, threadId) => {
          const processes = [first, second];
          const { ports } = fakePorts({
            readSession$: () => of(threadId === null ? {} : { threadId }),
            codexRun$: () => of(quietRun),
            codex$: () => signals$(processes.shift() ?? first),
            rollout$: () => from([lines]).pipe(splitLines(), parseJson()),
          });
          const events = collect(runTurn(turn, of(), ports));

          expect(events[0]?.type).toBe('message_start');
          expect(faultsOf(events)).toEqual([]);
        },
      ),
    );
  });
});
