import { Console } from 'node:console';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type REPLServer, start } from 'node:repl';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { config, isObservable, Subscription } from 'rxjs';
import { pluginDir } from '../../plexum/profile.js';
import { printable } from '../../text/printable.js';
import { HELP } from './help.js';

export interface Session {
  readonly server: REPLServer;
  readonly write: (text: string) => void;
}

/**
 * Opens the REPL on stdin and stdout. On a terminal it has a prompt, and a history file if the
 * plugin's folder exists.
 */
export const openSession = (): Session => {
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines = terminal ? undefined : queueLines(process.stdin);
  const write = (text: string): void => {
    process.stdout.write(terminal ? printable(text) : text);
  };
  if (terminal) write(`${HELP}\n`);
  const server = start({
    prompt: terminal ? 'codex> ' : '',
    input: lines?.input ?? process.stdin,
    output: process.stdout,
    terminal,
    // On a terminal, Ctrl-C has to interrupt an `await`. Without one, this option would take SIGINT
    // from its listeners.
    breakEvalOnSigint: terminal,
    ignoreUndefined: true,
    preview: false,
    writer: (value) => inspectValue(value, terminal),
  });
  if (terminal) server.context['console'] = new Console({ stdout: printing(write) });
  server.defineCommand('names', {
    help: 'Print what is in scope',
    action() {
      write(HELP);
      this.displayPrompt();
    },
  });
  if (lines !== undefined) {
    // REPLServer displays its prompt once a line is evaluated.
    const display = server.displayPrompt.bind(server);
    server.displayPrompt = (preserveCursor) => {
      display(preserveCursor);
      lines.next();
    };
    lines.next();
  } else if (existsSync(pluginDir(process.env))) {
    server.setupHistory(path.join(pluginDir(process.env), 'repl-history'), () => undefined);
  }
  return { server, write };
};

/** The colours of `inspect`; they are every other part of a split. */
const COLOUR = /(\u001b\[\d+m)/;

const paintless = (part: string, nth: number): string => (nth % 2 === 1 ? part : printable(part));

const inspectValue = (value: unknown, colors: boolean): string => {
  if (isObservable(value)) return 'Observable';
  if (value instanceof Subscription) return 'Subscription';
  if (!colors) return inspect(value);
  const plain = inspect(value);
  // The message of an error stands there as it is: then no colour is known to be that of inspect.
  if (plain.includes('\u001b')) return printable(plain);
  return inspect(value, { colors }).split(COLOUR).map(paintless).join('');
};

/** A stream that writes texts. */
const printing = (write: (text: string) => void): Writable =>
  new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => {
      write(String(text));
      done();
    },
  });

/** Prints uncaught errors instead of exiting. */
export const surviveErrors = (write: (text: string) => void): void => {
  const onNotice = (error: unknown): void => {
    write(`Uncaught ${inspect(error)}\n`);
  };
  config.onUnhandledError = onNotice;
  process.on('uncaughtException', onNotice).on('unhandledRejection', onNotice);
};

/** An input that hands over one line at a time. */
export interface LineQueue {
  readonly input: Readable;
  /** Hands over the next line, or the end. */
  readonly next: () => void;
}

/**
 * Hands over the lines of an input one at a time: a line has to wait while the line before it is in
 * an `await`.
 */
const queueLines = (source: Readable): LineQueue => {
  const lines = createInterface({ input: source, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const input = new PassThrough();
  const next = async (): Promise<void> => {
    const line = await lines.next();
    if (line.done === true) input.end();
    else input.write(`${line.value}\n`);
  };
  return { input, next: () => void next() };
};
