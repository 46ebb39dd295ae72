import { writeSync } from 'node:fs';
import { isLeft } from 'fp-ts/lib/Either.js';
import about from '../package.json' with { type: 'json' };
import { failOnLostOutput } from './cli/lost-output.js';
import { manifest } from './plexum/manifest.js';
import { EXECUTABLE } from './plexum/methods.js';
import { configFile } from './plexum/profile.js';
import { reasonOf } from './text/explain.js';

// What the plugin says about itself, but its version: the launcher says that. A program of its own,
// which loads nothing else: hosts ask for it at their own start.

const { version } = about;

const HELP = `${EXECUTABLE} ${version}: the OpenAI codex CLI as a model provider of the Plexum daemon

Usage: ${EXECUTABLE} [command]

Without a command it runs the plugin: it talks to the daemon over stdin and stdout until stdin closes.

Commands:
  manifest         print manifest.json; its models are supported_models of config.json
  say              run one turn of codex without the daemon; see say --help
  repl             a prompt with turns of codex as Observables; see repl --help
  doctor           check what a turn needs and say what to fix; see doctor --help
  mcp-host         the relay that codex starts to reach the daemon's tools; see mcp-host --help
  timeline         draw the record of a turn as marbles or as a picture; see timeline --help

Options:
  -h, --help       print this
  -V, --version    print the version

Configuration: ${configFile(process.env)} (every key is optional)
`;

/** The config is loaded for the manifest alone. */
const manifestJson = async (): Promise<string> => {
  const { defaultConfig, loadConfig } = await import('./plexum/config.js');
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded))
    process.stderr.write(`${EXECUTABLE}: ${loaded.left}; the manifest shows the default models\n`);
  const { supportedModels } = isLeft(loaded) ? defaultConfig : loaded.right.config;
  return `${JSON.stringify(manifest(version, supportedModels), null, 2)}\n`;
};

const fail = (message: string, code: number): void => {
  process.stderr.write(`${EXECUTABLE}: ${message}\n`);
  process.exitCode = code;
};

/** Rejects the arguments. */
const refuse = (message: string): void => fail(`${message}; see --help`, 2);

/** Writes to stdout without `process.stdout`, which takes 2 ms to make, where the pipe has room. */
const print = (text: string): void => {
  let written = 0;
  try {
    const bytes = Buffer.from(text);
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch {
    failOnLostOutput();
    process.stdout.write(Buffer.from(text).subarray(written));
  }
};

const run = ([command = '', ...rest]: readonly string[]): void => {
  const [first] = rest;
  if (first !== undefined && first !== '--help' && first !== '-h') {
    refuse(`${command} takes no arguments, got ${JSON.stringify(first)}`);
    return;
  }
  switch (first ?? command) {
    case 'manifest': {
      void manifestJson().then(print, (error: unknown) => fail(reasonOf(error), 1));
      return;
    }
    case '-h':
    case '--help': {
      print(HELP);
      return;
    }
    default: {
      refuse(`unknown command ${JSON.stringify(command)}`);
      return;
    }
  }
};

run(process.argv.slice(2));
