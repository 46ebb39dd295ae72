import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isRight } from 'fp-ts/lib/Either.js';
import about from '../package.json' with { type: 'json' };
import { loadConfig } from './plexum/config.js';
import { type Greeting, greet } from './plexum/greeting.js';
import { manifest } from './plexum/manifest.js';
import { EXECUTABLE } from './plexum/methods.js';
import { configFile } from './plexum/profile.js';
import { reasonOf } from './text/explain.js';

// The plugin of a daemon. It is loaded in two steps: the first answers the first frame of the host.

const { version } = about;

/**
 * The plugin's stdout. A closed pipe fails the next write only; a socket, which hosts on Node give,
 * is read as well: at its end a write of no byte fails if the host has closed it. It takes the
 * place of `process.stdout`, which execa looks at: Node cannot open a descriptor twice.
 */
const openOutput = (): Writable => {
  if (!fstatSync(1).isSocket()) return process.stdout;
  const socket = new Socket({ fd: 1, allowHalfOpen: true });
  Object.defineProperty(process, 'stdout', { value: socket });
  return socket.on('end', () => socket.write('')).resume();
};

/** Loads the server, which reads what the host has sent from its first byte on. */
const serve = (greeted?: Greeting): void => {
  input.off('readable', onReadable);
  clearImmediate(unasked);
  void import('./server/serve-stdio.js').then(
    ({ serveStdio }) => serveStdio({ input, output, version, loaded, greeted }),
    (error: unknown) => {
      process.stderr.write(`${EXECUTABLE}: ${reasonOf(error)}\n`);
      process.exit(1);
    },
  );
};

/** An invalid config is told by the server. */
const onReadable = (): void => {
  const first: unknown = input.readableLength === 0 ? undefined : input.read();
  if (!Buffer.isBuffer(first)) {
    serve();
    return;
  }
  input.unshift(first);
  const greeted = isRight(loaded)
    ? greet(first, manifest(version, loaded.right.config.supportedModels))
    : undefined;
  if (greeted !== undefined) output.write(`${greeted.line}\n`);
  serve(greeted);
};

const ignore = (): void => undefined;

const loaded = loadConfig(configFile(process.env));
const input = process.stdin.on('error', ignore).on('readable', onReadable);
const output = openOutput().on('error', ignore);
// The rest is loaded while the host is silent.
const unasked = setImmediate(() => serve());
