import type { Notice } from '../../canonical/notice.js';
import { isTerminal, type TurnEvent } from '../../canonical/turn-event.js';
import { createPrinter, printable, printableJson } from '../../text/printable.js';
import type { ScreenOptions } from './screen-options.js';
import { startStatus, statusAfter, statusText } from './status.js';
import { endWords, errorWords, seconds } from './words.js';

/** What the screen shows: a notice of the turn, or a warning that the host would log. */
export type ScreenNotice = Notice | { readonly warning: string };

/** A text to write, and the stream to write it to. */
export interface ScreenOutput {
  readonly to: 'stdout' | 'stderr';
  readonly text: string;
}

/**
 * Where the text on stdout stands: at the start of a line, in the middle of one, or behind a line
 * that was ended early to make room for the status.
 */
type Cursor = 'start' | 'middle' | 'broken';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR = '\r\u001b[2K';

/**
 * Tracks what is on the terminal. Both methods return the outputs to write. Times are milliseconds
 * of one clock; `startedAt` is when the turn was requested.
 */
export const createScreen = (options: ScreenOptions, startedAt: number) => {
  let status = startStatus;
  let isStatusShown = false;
  let cursor: Cursor = 'start';
  const print = createPrinter();
  const isShared = options.stdout && options.stderr;
  const clearStatus = (): ScreenOutput[] => {
    if (!isStatusShown) return [];
    isStatusShown = false;
    return [{ to: 'stderr', text: CLEAR }];
  };
  const breakLine = (): ScreenOutput[] => {
    if (!isShared || cursor !== 'middle') return [];
    cursor = 'broken';
    return [{ to: 'stderr', text: '\n' }];
  };
  const writeLine = (line: string): ScreenOutput[] => [
    ...clearStatus(),
    ...breakLine(),
    { to: 'stderr', text: `${printable(line)}\n` },
  ];
  const writeText = (given: string): ScreenOutput[] => {
    const text = cursor === 'broken' && given.startsWith('\n') ? given.slice(1) : given;
    cursor = text.endsWith('\n') ? 'start' : 'middle';
    return [
      ...(isShared ? clearStatus() : []),
      { to: 'stdout', text: options.stdout ? print(text) : text },
    ];
  };
  const dim = (outputs: ScreenOutput[]): ScreenOutput[] =>
    options.colour ? outputs.map(dimOutput) : outputs;
  const writeEvent = (event: TurnEvent, now: number): ScreenOutput[] => {
    const outputs: ScreenOutput[] = [];
    if (options.json)
      outputs.push(...(isShared ? clearStatus() : []), {
        to: 'stdout',
        text: options.stdout
          ? printableJson(`${JSON.stringify(event)}\n`)
          : `${JSON.stringify(event)}\n`,
      });
    else if (event.type === 'text_delta') outputs.push(...writeText(event.text));
    if (event.type === 'thinking_delta' && options.thinking)
      outputs.push(...dim(writeLine(event.text.trim())));
    if (!isTerminal(event)) return outputs;
    if (cursor === 'middle') outputs.push(...writeText('\n'));
    if (event.type === 'error') return [...outputs, ...writeLine(errorWords(event))];
    return options.stderr
      ? [...outputs, ...dim(writeLine(endWords(event, now - startedAt)))]
      : [...outputs, ...clearStatus()];
  };
  return {
    show: (notice: ScreenNotice, now: number): ScreenOutput[] => {
      if ('warning' in notice) return writeLine(`warning: ${notice.warning}`);
      status = statusAfter(status, notice);
      return 'event' in notice ? writeEvent(notice.event, now) : [];
    },
    /** Draws the status line; `frame` counts the pictures. */
    tick: (frame: number, now: number): ScreenOutput[] => {
      const line = printable(
        `${FRAMES[frame % FRAMES.length] ?? ''} ${seconds(now - startedAt)} ${statusText(status)}`,
      );
      const outputs = breakLine();
      isStatusShown = true;
      const text = `${CLEAR}${line.slice(0, Math.max(1, options.columns() - 1)).toWellFormed()}`;
      return [...outputs, { to: 'stderr', text }];
    },
  };
};

const dimOutput = (output: ScreenOutput): ScreenOutput =>
  output.text === CLEAR || output.text === '\n'
    ? output
    : { ...output, text: `\u001b[2m${output.text.replace(/\n$/, '')}\u001b[22m\n` };
