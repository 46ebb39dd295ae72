import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Lab } from './lab.js';
import { inTime } from './processes.js';

/** Starts a shell command on a terminal of its own; what is written to its stdin is typed. */
export const startOnTerminal = (lab: Lab, command: string, more: Record<string, string>) => {
  const child = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], {
    cwd: lab.workspace,
    env: { ...lab.env, TERM: 'xterm', ...more },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const seen = { screen: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.screen += text));
  const ended = inTime(`the end of ${command}`, once(child, 'close'), () => seen);
  return { child, seen, ended: ended.then(([code]) => ({ code, ...seen })) };
};

/**
 * Words that a terminal acts on: a title, a reset, a moved and a hidden cursor, a C1 control, a
 * line that is written over, and characters that reorder or are invisible.
 */
export const HOSTILE = [
  'title\u001B]0;pwned\u0007',
  'reset\u001Bc',
  'moved\u001B[66;66H',
  'hidden\u001B[?25l',
  'c1\u009B66H\u0085',
  'over\rwritten\b\b\u007F',
  'bidi\u202E\u2066\u200F',
  'zero\u200B\u2060\uFEFF',
  'tag\u{E0041}',
  'line\u2028',
].join(' ');

/** What the plugin, the REPL and the terminal write by themselves. */
const OWN = /\u001B\[(?:\d*[A-GJKm])|\r+\n|\r(?=$|\u001B\[|codex> )/g;
const ACTED_ON =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\u200B\u2060\uFEFF\u{E0000}-\u{E007F}]/gu;

/** What a terminal acts on in an output and no program of ours has written. */
export const actedOn = (screen: string): string[] =>
  screen.replaceAll(OWN, '').match(ACTED_ON) ?? [];
