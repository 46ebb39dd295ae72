import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type REPLServer, start } from 'node:repl';
import { PassThrough, type Readable } from 'node:stream';
import { inspect } from 'node:util';
import { config, isObservable, Subscription } from 'rxjs';
import { pluginDir } from '../../plexum/profile.js';
import { HELP } from './help.js';

export interface Session {
  readonly server: REPLServer;
  readonly write: (text: string) => void;
}

/**
 * Opens the REPL on stdin and stdout. On a terminal it has a prompt and a history, in the plugin's
 * folder of the profile where there is one.
 */
export const openSession = (): Session => {
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines = terminal ? undefined : paced(process.stdin);
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  if (terminal) write(`${HELP}\n`);
  const server = start({
    prompt: terminal ? 'codex> ' : '',
    input: lines?.input ?? process.stdin,
    output: process.stdout,
    terminal,
    // For Ctrl-C in an `await`, which on a terminal is a key. Elsewhere it would take SIGINT from
    // its listeners.
    breakEvalOnSigint: terminal,
    ignoreUndefined: true,
    preview: false,
    writer: (value) => shown(value, terminal),
  });
  server.defineCommand('names', {
    help: 'Print what is in scope',
    action() {
      write(HELP);
      this.displayPrompt();
    },
  });
  if (lines !== undefined) {
    // The prompt says that a line is done with.
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

const shown = (value: unknown, colors: boolean): string => {
  if (isObservable(value)) return 'Observable';
  return value instanceof Subscription ? 'Subscription' : inspect(value, { colors });
};

/** What nobody caught is printed, and the session goes on. */
export const surviveErrors = (write: (text: string) => void): void => {
  const onNotice = (error: unknown): void => {
    write(`Uncaught ${inspect(error)}\n`);
  };
  config.onUnhandledError = onNotice;
  process.on('uncaughtException', onNotice).on('unhandledRejection', onNotice);
};

/** Lines that are handed on one by one. */
export interface Paced {
  readonly input: Readable;
  /** Hands on the next line, or the end. */
  readonly next: () => void;
}

/**
 * The lines of an input that nobody types: each waits until it is asked for, since the one before
 * may `await` something.
 */
export const paced = (source: Readable): Paced => {
  const lines = createInterface({ input: source, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const input = new PassThrough();
  const next = async (): Promise<void> => {
    const line = await lines.next();
    if (line.done === true) input.end();
    else input.write(`${line.value}\n`);
  };
  return { input, next: () => void next() };
};
