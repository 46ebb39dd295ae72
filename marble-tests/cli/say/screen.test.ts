import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../../src/canonical/turn-event.js';
import { createScreen, type ScreenNotice } from '../../../src/cli/say/screen.js';
import type { ScreenOptions } from '../../../src/cli/say/screen-options.js';

const usage = {
  input_tokens: 1_200,
  cached_input_tokens: 1_000,
  output_tokens: 20,
  reasoning_output_tokens: 8,
};
const CLEAR = '\r\u001b[2K';
const plain: ScreenOptions = {
  json: false,
  thinking: false,
  stdout: false,
  stderr: false,
  colour: false,
  columns: () => 80,
};
const terminal: ScreenOptions = { ...plain, stdout: true, stderr: true };
const event = (turnEvent: TurnEvent): ScreenNotice => ({ event: turnEvent });
const text = (words: string): ScreenNotice => event({ type: 'text_delta', text: words });
const thinking = event({ type: 'thinking_delta', text: '\n\nhm' });
const end = event({ type: 'message_end', stop_reason: 'end_turn', usage, thread_id: 'th' });
const cancelled = event({ type: 'message_end', stop_reason: 'cancelled', usage, thread_id: 'th' });
const error = event({ type: 'error', kind: 'network', message: 'codex: no', retryable: true });

/** What both outputs got; a number is a picture of the status after so many ms. */
const shown = (look: ScreenOptions, ...happens: readonly (ScreenNotice | number)[]) => {
  const screen = createScreen(look, 0);
  const got = { stdout: '', stderr: '' };
  for (const what of happens)
    for (const { to, text: written } of typeof what === 'number'
      ? screen.tick(what / 100 - 1, what)
      : screen.show(what, 3_000))
      got[to] += written;
  return got;
};

describe('createScreen', () => {
  it('ends the text with one line feed', () => {
    expect(shown(plain, text('a'), text('\n\nb'), end)).toEqual({ stdout: 'a\n\nb\n', stderr: '' });
    expect(shown(plain, text('a\n'), end)).toEqual({ stdout: 'a\n', stderr: '' });
    expect(shown(plain, end)).toEqual({ stdout: '', stderr: '' });
  });

  it('writes errors and warnings, but no cancel, to a stderr that is no terminal', () => {
    expect(shown(plain, { warning: 'careful' }, text('a'), error)).toEqual({
      stdout: 'a\n',
      stderr: 'warning: careful\ncodex: no (network; it may be tried again)\n',
    });
    expect(shown(plain, cancelled)).toEqual({ stdout: '', stderr: '' });
  });

  it('writes thinking when requested, dimmed with colours', () => {
    expect(shown(plain, thinking)).toEqual({ stdout: '', stderr: '' });
    expect(shown({ ...plain, thinking: true }, thinking)).toEqual({ stdout: '', stderr: 'hm\n' });
    expect(shown({ ...terminal, thinking: true, colour: true }, 100, thinking)).toEqual({
      stdout: '',
      stderr: `${CLEAR}⠋ 0 s starting codex${CLEAR}\u001b[2mhm\u001b[22m\n`,
    });
  });

  it('breaks the line for the status and keeps one blank line between two messages', () => {
    expect(shown(terminal, text('a'), 100, text('\n\nb'), end)).toEqual({
      stdout: 'a\nb\n',
      stderr: `\n${CLEAR}⠋ 0 s starting codex${CLEAR}1,200 tokens in (1,000 cached), 20 out, 3 s\n`,
    });
  });

  it('does not break the line when only one stream is a terminal', () => {
    expect(shown({ ...terminal, stdout: false }, text('a'), 100, text('\n\nb'), end).stdout).toBe(
      'a\n\nb\n',
    );
    expect(shown({ ...terminal, stderr: false }, text('a'), error)).toEqual({
      stdout: 'a\n',
      stderr: 'codex: no (network; it may be tried again)\n',
    });
  });

  it('clears the status before a message and breaks a message before the status', () => {
    expect(shown(terminal, text('a'), 100, error)).toEqual({
      stdout: 'a',
      stderr: `\n${CLEAR}⠋ 0 s starting codex${CLEAR}codex: no (network; it may be tried again)\n`,
    });
    expect(shown({ ...terminal, json: true }, 100, text('a')).stderr).toBe(
      `${CLEAR}⠋ 0 s starting codex${CLEAR}`,
    );
  });

  it('keeps the status on one line', () => {
    const command: ScreenNotice = {
      raw: {
        type: 'item.started',
        item: { id: 'i', type: 'command_execution', command: 'a\nb\u001b[31m '.repeat(50) },
      },
    };
    expect(shown({ ...terminal, columns: () => 20 }, command, 100).stderr).toBe(
      `${CLEAR}⠋ 0 s running a b\\u`,
    );
    expect(shown({ ...terminal, columns: () => 0 }, 100).stderr).toBe(`${CLEAR}⠋`);
  });

  it('shows control characters as escapes, and leaves a stdout that is no terminal alone', () => {
    const hostile = 'a\u001b]0;title\u0007b\tc\r\u009b2J\nd';
    expect(shown({ ...terminal, stderr: false }, text(hostile)).stdout).toBe(
      'a\\u001b]0;title\\u0007b\tc\\u000d\\u009b2J\nd',
    );
    expect(shown(plain, text(hostile)).stdout).toBe(hostile);
    expect(shown({ ...terminal, stderr: false }, text('a👩\u200D'), text('👧')).stdout).toBe(
      'a👩\u200D👧',
    );
    expect(shown(plain, { warning: hostile }).stderr).not.toMatch(/[\r\u001B\u009B]/);
    const json = shown({ ...terminal, json: true }, text(hostile)).stdout;
    expect(json).not.toMatch(/\u009B/);
    expect(JSON.parse(json)).toEqual({ type: 'text_delta', text: hostile });
    const piped = `${JSON.stringify({ type: 'text_delta', text: hostile })}\n`;
    expect(shown({ ...plain, json: true }, text(hostile)).stdout).toBe(piped);
    expect(shown(terminal, { warning: hostile }).stderr).toBe(
      'warning: a\\u001b]0;title\\u0007b\tc\\u000d\\u009b2J\nd\n',
    );
  });
});
