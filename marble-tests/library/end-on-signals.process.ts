import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeCodex } from '../support/lab.js';
import { isAlive, until } from '../support/processes.js';

const home = mkdtempSync(path.join(tmpdir(), 'plexum-signals-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const library = fileURLToPath(new URL('../../lib/index.js', import.meta.url));
const steps = [
  { out: [{ type: 'thread.started', thread_id: '01a1fb83-ff35-7422-9e00-a5a8974b6993' }] },
  { child: { away: true } },
  { wait: 1e8 },
];
const script = `
  const { turn$ } = await import(${JSON.stringify(library)});
  turn$(${JSON.stringify(JSON.stringify(steps))}, {
    endOnSignals: true,
    config: { binary: ${JSON.stringify(fakeCodex)} },
  }).subscribe(({ type, text, stop_reason }) => console.log(type, stop_reason ?? text ?? ''));
  setInterval(() => undefined, 1e6);
`;

describe('endOnSignals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('ends a turn and its tools when its program gets %s', async (signal, code) => {
    const program = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home, PLEXUM_PROFILE_ROOT: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    program.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const closed = once(program, 'close');
    await until(() => printed.includes('text_delta'));
    program.kill(signal);

    expect(await closed).toEqual([code, null]);
    expect(printed).toContain('message_end cancelled');
    const [, pid] = /text_delta (\d+)/.exec(printed) ?? [];
    expect(isAlive(Number(pid))).toBe(false);
  });
});
