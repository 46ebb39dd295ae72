import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../../src/canonical/turn-event.js';
import { adviceFor } from '../../../src/codex/events/advice.js';

/** A word of the advice for each kind. */
const WORDS: Readonly<Record<ErrorKind, string>> = {
  auth: 'codex login',
  rate_limit: 'wait a moment',
  usage_limit: 'until the limit resets',
  quota: 'add credits',
  context_window: '.plexum-codex-session',
  model_unsupported: 'supported_models',
  invalid_request: 'what the message names',
  overloaded: 'wait a moment',
  network: 'proxy',
  stream_interrupted: 'again',
  content_filtered: 'wording',
  prompt_too_large: 'shorten',
  thread_busy: 'the other codex',
  thread_lost: 'new thread',
  config: 'config.toml',
  binary: 'config.json',
  mcp_startup: 'codex mcp list',
  timeout: 'raise the limit',
  process_died: 'doctor',
  internal: 'log of codex',
};

describe('adviceFor', () => {
  it.each(Object.entries(WORDS))('says what to do about %s: %s', (kind, word) => {
    const isKind = (name: string): name is ErrorKind => Object.hasOwn(WORDS, name);
    expect(isKind(kind) && adviceFor(kind, 'the moon is full')).toMatch(
      new RegExp(`^ \\(.*${word.replaceAll('.', '\\.')}.*\\)$`),
    );
  });

  it('is empty when the message says it itself', () => {
    expect(adviceFor('network', 'Please try again later.')).toBe('');
  });

  it('says what the API wants of an output schema', () => {
    expect(
      adviceFor(
        'invalid_request',
        "Invalid schema for response_format 'codex_output_schema': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      ),
    ).toContain('name all its properties in "required"');
  });

  it.each<[text: string, step: string]>([
    ['Permission denied (os error 13)', 'write access to CODEX_HOME'],
    ['Read-only file system (os error 30)', 'write access to CODEX_HOME'],
    ['failed to initialize the client: Permission denied (os error 13)', 'access to CODEX_HOME'],
    [
      'failed to read /x/instructions.md: Permission denied (os error 13)',
      'what the message names',
    ],
    ['Failed to read output schema file /x: Permission denied (os error 13)', 'what the message'],
    ['Permission denied: the project has no access', 'extra_args'],
    ['CODEX_HOME points to "/x", but that path does not exist', 'create this folder and log'],
    ['Error finding codex home: Could not find home directory', 'set HOME in the environment'],
    ['thread/resume failed: list_turns is not supported yet', 'if the disk of CODEX_HOME is full'],
    [
      'error returned from database: (code: 26) file is not a database',
      'move the *.sqlite* files out of',
    ],
    ['(code: 11) database disk image is malformed', 'move the *.sqlite* files out of'],
    ['(permission denied). If they were made using sudo, fix ownership', 'extra_args'],
    ['unknown configuration field `x`', 'extra_args'],
  ])('says what to do about a file that codex cannot use: %s', (text, step) => {
    expect(adviceFor('config', text)).toContain(step);
  });

  it.each<[text: string, step: string]>([
    ['No space left on device, please retry', 'free space on the disk'],
    ['No file descriptors available (os error 24)', 'LimitNOFILE'],
    ['spawn EMFILE', 'ulimit -n'],
    ['application network policy is unavailable', 'LimitNOFILE'],
    ['(code: 14) unable to open database file', 'LimitNOFILE'],
    ['(code: 14) unable to open database file', 'write access to CODEX_HOME'],
    ['Too many open files in system (os error 23)', 'fs.file-max'],
    ['Resource temporarily unavailable (os error 11)', 'TasksMax'],
  ])('names the resource that has run out, for every kind: %s', (text, step) => {
    expect(adviceFor('internal', text)).toContain(step);
    expect(adviceFor('overloaded', text)).toMatch(/, then send the turn again\)$/);
  });
});
