import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ModelRequest, Step } from '../../../scripts/lib/model-server.mjs';
import { outputsSince, userTexts } from '../../../scripts/lib/model-server.mjs';
import { executable, fakeCodex, type Lab, openLab, realCodex } from '../../support/lab.js';
import { blocks, linesOf, pages } from '../../support/pages.js';
import { inTime, processesOf, until } from '../../support/processes.js';
import { actedOn, HOSTILE, startOnTerminal } from '../../support/terminal.js';

const said = (request: ModelRequest): Step[] => [{ text: `you said ${userTexts(request).at(-1)}` }];

/** The REPL in the lab's workspace, with what it printed. */
const openRepl = (lab: Lab) => {
  const child = spawn(executable, ['repl'], {
    env: lab.env,
    cwd: lab.workspace,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const printed = () => ({ out, err });
  const gone = once(child, 'close');
  return {
    child,
    out: () => out,
    type: (...lines: string[]) => child.stdin.write(lines.map((line) => `${line}\n`).join('')),
    shows: (text: string | RegExp) =>
      until(
        () => (typeof text === 'string' ? out.includes(text) : text.test(out)),
        () => ({ text, ...printed() }),
      ),
    /** Waits for the end. */
    ended: async () => {
      await inTime('the end of the repl', gone, printed);
      return {
        code: child.exitCode,
        signal: child.signalCode,
        stderr: err,
        left: processesOf(lab.at('home')).length,
      };
    },
  };
};
const CLEAN = { code: 0, signal: null, stderr: '', left: 0 };

/** Types the lines, leaves, and returns what was printed. */
const typed = async (lab: Lab, ...lines: string[]): Promise<string> => {
  const repl = openRepl(lab);
  repl.type(...lines);
  repl.child.stdin.end();
  expect(await repl.ended()).toEqual(CLEAN);
  return repl.out();
};

/** The time between two marbles: dashes, or a time when it is long. */
const GAP = String.raw`(?:-| \d+m?s )*`;

/** What is printed last after each line of the README. */
const ENDS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^turn\$\('hello'\)\.subscribe/,
    /message_start[^]*text: 'you said hello'[^]*stop_reason: 'end_turn'/,
  ],
  [/^await lastValueFrom/, /^\{\n {2}type: 'message_end'[^]*\n\}\n/],
  [/^await marbles/, new RegExp(`^${GAP}M${GAP}t[^]*E {2}message_end\\n[^]*line: '`)],
  [/^turn\$\('add 2 and 3'/, /type: 'tool_result'[^]*output: [^]*5[^]*stop_reason: 'end_turn'/],
  [
    /^codex\$\('hi'\)\.pipe\(codexSignals\(\), toCanonical/,
    /text: 'you said hi'[^]*stop_reason: 'end_turn'/,
  ],
  [/^host\.frames\$/, /plexum\/provider\/stream[^]*outcome: 'completed'/],
];

describe('repl with the real codex', () => {
  it('runs the examples of the documentation', async () => {
    const lines = linesOf(pages.flatMap((page) => blocks(page, 'js')).join(''), '//');
    expect(lines.map((line, nth) => ENDS[nth]?.[0].test(line) ?? line)).toEqual(
      ENDS.map(() => true),
    );
    await using lab = await openLab((request) => {
      if (outputsSince(request).length > 0) return [{ text: 'done' }];
      const isAsked = userTexts(request).at(-1) === 'add 2 and 3';
      return isAsked
        ? [
            {
              call: { namespace: 'mcp__plexum_host_local', name: 'add', arguments: { a: 2, b: 3 } },
            },
          ]
        : said(request);
    });
    const repl = openRepl(lab);
    for (const [nth, line] of lines.entries()) {
      const before = repl.out().length;
      repl.type(line);
      await until(
        () => ENDS[nth]?.[1].test(repl.out().slice(before)) === true,
        () => ({ line, out: repl.out().slice(before) }),
      );
    }
    repl.type('.exit');
    expect(await repl.ended()).toEqual(CLEAN);
    expect(existsSync(lab.at('workspace/.plexum-codex-session'))).toBe(true);
  });

  it('awaits at the top level and runs lines one after another', async () => {
    await using lab = await openLab(said);
    const out = await typed(
      lab,
      "const end = await lastValueFrom(turn$('one'))",
      'end.stop_reason',
      "const again = await lastValueFrom(turn$('two', { newThread: true }))",
      '[end.thread_id === again.thread_id, again.stop_reason]',
    );

    expect(out).toBe("'end_turn'\n[ false, 'end_turn' ]\n");
    expect(lab.model.requests.map(userTexts)).toEqual([['one'], ['two']]);
  });

  it('draws a turn as marbles', async () => {
    await using lab = await openLab(said);
    const out = await typed(
      lab,
      "const { line } = await marbles(turn$('hi'))",
      'line',
      "marbles('no stream')",
      'await marbles(throwError(() => new Error("oops")))',
    );

    expect(out).toMatch(
      new RegExp(
        `^${GAP}M[^]*t[^]*(E\\||E\\|\\))\nM {2}message_start\nt {2}text_delta\nE {2}message_end\n'${GAP}M`,
      ),
    );
    expect(out).toContain("marbles wants an Observable: marbles(turn$('hello'))");
    expect(out).toContain('#  oops');
  });

  it('runs the tools of a turn over the bridge of the config', async () => {
    await using lab = await openLab((request) =>
      request.input.some(({ type }) => type === 'function_call_output')
        ? [{ text: 'done' }]
        : [
            {
              call: { namespace: 'mcp__plexum_host_local', name: 'add', arguments: { a: 2, b: 3 } },
            },
          ],
    );
    const add = "{ name: 'add', inputSchema: { type: 'object' }, run: ({ a, b }) => a + b }";
    const results: string[] = [];
    for (const bridge of ['http', 'stdio']) {
      lab.configure({ binary: realCodex, bridge, bridge_required: true });
      results.push(
        await typed(
          lab,
          `(await lastValueFrom(turn$('go', { newThread: true, tools: [${add}] }).pipe(filter(({ type }) => type === 'tool_result')))).output`,
        ),
      );
    }

    expect(results).toEqual([expect.stringContaining('5'), expect.stringContaining('5')]);
  });

  it('offers the process, its events and the operators between them', async () => {
    await using lab = await openLab(said);
    const out = await typed(
      lab,
      "await lastValueFrom(codex$('a').pipe(map(({ type }) => type), distinct(), toArray()))",
      "await lastValueFrom(events$('b').pipe(map(({ type }) => type), toArray()))",
      "await lastValueFrom(codex$('c').pipe(codexSignals(), toCanonical({ threadId: '' }), map(({ type }) => type), toArray()))",
    );

    expect(out.split(/(?<=\])\n/).map((part) => part.match(/[a-z_]+(\.[a-z]+)?/g))).toEqual([
      ['stdout', 'exited'],
      ['thread.started', 'turn.started', 'item.completed', 'turn.completed', 'exited'],
      ['text_delta', 'message_end'],
      null,
    ]);
    expect(existsSync(lab.at('workspace/.plexum-codex-session'))).toBe(false);
  });

  it('talks to a plugin server in its own process over the wire', async () => {
    await using lab = await openLab(said);
    const out = await typed(
      lab,
      'const frames = []; const watching = host.frames$.subscribe(({ from, frame }) => frames.push(from + " " + (frame.method ?? "response")))',
      "(await lastValueFrom(host.turn$('hi'))).type",
      "(await host.request('plexum/manifest/read')).contracts.provider.models",
      "await host.request('plexum/nothing')",
      'await lastValueFrom(host.turn$({}))',
      'console.log(frames.slice(0, 3).join("; "))',
    );

    expect(out).toContain("'message_end'\n[ 'codex' ]\n");
    expect(out).toMatch(/unknown method "plexum\/nothing"[^]*agent workspace required/);
    expect(out).toContain(
      'host initialize; host notifications/initialized; host plexum/provider/stream',
    );
  });
});

describe('repl', () => {
  it('continues after errors', async () => {
    await using lab = await openLab();
    const repl = openRepl(lab);
    repl.type(
      'turn$(((',
      '',
      '))',
      'const x = ;',
      'throw new Error("thrown")',
      'Promise.reject(new Error("rejected"))',
      'of(1).subscribe(() => { throw new Error("in a subscriber") })',
      "turn$('').subscribe()",
      "turn$('hi', { workspace: './nowhere' }).subscribe(({ message }) => message && console.log(message))",
      'await rejected()',
      '"still here"',
    );

    for (const word of [
      'SyntaxError',
      'thrown',
      'rejected',
      'in a subscriber',
      'no user text in request messages',
      'nowhere is not a directory',
      "'still here'",
    ])
      await repl.shows(word);
    repl.child.stdin.end();
    expect(await repl.ended()).toEqual(CLEAN);
  });

  it('reports a broken config and reads it again for the next turn', async () => {
    await using lab = await openLab(said);
    lab.configure('{');
    const repl = openRepl(lab);
    repl.type("await lastValueFrom(turn$('hi'))");
    await repl.shows('config.json is not JSON');
    lab.configure({ binary: realCodex, colour: 'teal' });
    repl.type("(await lastValueFrom(turn$('hi'))).stop_reason", '.exit');

    expect(await repl.ended()).toEqual(CLEAN);
    expect(repl.out()).toMatch(/warning: .*"colour" is not known[^]*'end_turn'/);
  });

  it('leaves no process when a turn is unsubscribed', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const repl = openRepl(lab);
    repl.type(
      `const s = turn$('[{"out": [{"type": "thread.started", "thread_id": "x"}]}, {"child": {}}, {"wait": 1000000}]').subscribe(console.log)`,
    );
    await repl.shows('text_delta');
    // The turn may start before `codex --version` has exited.
    await until(() => processesOf(lab.at('home')).length === 3);
    repl.type('s.unsubscribe()');
    await until(() => processesOf(lab.at('home')).length === 1);

    repl.type('"on"');
    await repl.shows("'on'");
    expect(repl.out()).not.toContain('message_end');
    repl.child.stdin.end();
    expect(await repl.ended()).toEqual(CLEAN);
  });

  it.each([
    ['.exit', (repl: ReturnType<typeof openRepl>) => repl.type('.exit')],
    ['the end of stdin', (repl: ReturnType<typeof openRepl>) => repl.child.stdin.end()],
    ['SIGTERM', (repl: ReturnType<typeof openRepl>) => repl.child.kill('SIGTERM')],
    ['SIGINT', (repl: ReturnType<typeof openRepl>) => repl.child.kill('SIGINT')],
  ])('ends the running turns and their processes on %s', async (_name, leave) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const repl = openRepl(lab);
    repl.type(
      `turn$('[{"child": {"away": true}}, {"wait": 1000000}]').subscribe(({ type }) => console.log('0', type))`,
      `events$('[{"child": {"away": true}}, {"wait": 1000000}]', { workspace: '../tmp' }).subscribe(({ type }) => console.log('1', type))`,
      `host.turn$('[{"child": {"away": true}}, {"wait": 1000000}]').subscribe(({ type }) => console.log('2', type))`,
      'setInterval(() => undefined, 1000)',
    );
    await repl.shows('0 text_delta');
    await repl.shows('1 item.completed');
    await repl.shows('2 text_delta');
    leave(repl);

    expect(await repl.ended()).toEqual(CLEAN);
    expect(
      repl
        .out()
        .match(/\d (message_end|exited)/g)
        ?.toSorted(),
    ).toEqual(['0 message_end', '1 exited', '2 message_end']);
  });

  it('prints the hostile words of a model as escapes on a terminal', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const PROMPT = JSON.stringify([
      {
        out: [
          { type: 'item.completed', item: { id: 'h', type: 'agent_message', text: HOSTILE } },
          { type: 'turn.failed', error: { message: HOSTILE } },
        ],
      },
      { exit: 1 },
    ]);
    const { child, seen, ended } = startOnTerminal(lab, '"$REPL" repl', {
      REPL: executable,
      PROMPT,
    });
    const end = 'lastValueFrom(turn$(process.env.PROMPT))';
    const lines = [
      'turn$(process.env.PROMPT).subscribe(({ text }) => text && console.log(text)); "end " + 0',
      `[await ${end}, "end " + 1]`,
      '[await lastValueFrom(turn$(process.env.PROMPT).pipe(toArray())), "end " + 2]',
      `Promise.reject(new Error((await ${end}).message)); "end " + 3`,
      `[new Error((await ${end}).message), "end " + 4]`,
    ];
    for (const [nth, line] of lines.entries()) {
      child.stdin.write(`${line}\n`);
      await until(() => seen.screen.includes(`end ${nth}`));
    }
    child.stdin.write('.exit\n');
    const { code, screen } = await ended;

    expect(code).toBe(0);
    // As we write it, and as `inspect` does.
    expect(screen.match(/pwned\\(?:u0007|x07)/g)?.length).toBeGreaterThan(3);
    expect(actedOn(screen)).toEqual([]);
  });

  it('rejects arguments and prints its help', async () => {
    await using lab = await openLab();
    const run = async (...args: string[]) => {
      const child = spawn(executable, ['repl', ...args], {
        env: lab.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const closed = once(child, 'close');
      const [out, err] = await Promise.all(
        [child.stdout, child.stderr].map(async (stream) => (await stream.toArray()).join('')),
      );
      const [code] = await closed;
      return { out, err, code };
    };
    expect(await run('hello')).toMatchObject({
      out: '',
      err: expect.stringMatching(/: unexpected argument 'hello'; see repl --help\n$/),
      code: 2,
    });
    expect(await run('--help')).toMatchObject({
      out: expect.stringContaining("turn$('hello').subscribe(console.log)"),
      err: '',
      code: 0,
    });
  });

  it('runs without a profile and does not create one', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('workspace/codex'), `#!/bin/sh\nexec ${fakeCodex} "$@"\n`, {
      mode: 0o755,
    });
    const env = {
      ...lab.env,
      PLEXUM_PROFILE_ROOT: lab.at('no profile'),
      PATH: `${lab.workspace}:${lab.env['PATH'] ?? ''}`,
    };
    const out = await typed(
      { ...lab, env },
      `(await lastValueFrom(turn$('[{"out": [{"type": "turn.completed"}]}]'))).stop_reason`,
    );

    expect(out).toBe("'end_turn'\n");
    expect(existsSync(lab.at('no profile'))).toBe(false);
  });
});
