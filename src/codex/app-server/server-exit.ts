import { delay, map, merge, type Observable, startWith, take, withLatestFrom } from 'rxjs';
import { tail } from '../../process/stderr-tail.js';
import { fromLastError } from '../events/last-words.js';
import type { ExitSources, ServerExit } from './app-server.js';

/** Milliseconds that its pipes may stay open after the exit: a child of codex may hold them. */
const DRAIN_MS = 500;

/**
 * The end of an app-server.
 *
 * ```
 * stderr  -a-------b---
 * exit    ---x---------
 * close   ---------c---
 * emits   ---------(e|)    the status with the words of stderr, 500 ms after x at the latest
 * ```
 *
 * Emits the exit once the pipes are closed, at most 500 ms after the process has exited, and
 * completes. Its words are all of stderr while no turn `hasRun`, and an error of codex afterwards:
 * other lines may belong to any agent. They may, too, while a pipe is open: a turn may be unread.
 * Fails when a source fails. Unsubscribe stops waiting. Reads stderr while subscribed, and keeps
 * its last 16 KiB.
 */
export const serverExit = (
  { stderr$, exit$, close$ }: ExitSources,
  hasRun: () => boolean,
): Observable<ServerExit> =>
  merge(
    close$.pipe(map((status) => ({ status, wordsOf: hasRun() ? ownError : plainText }))),
    exit$.pipe(
      delay(DRAIN_MS),
      map((status) => ({ status, wordsOf: ownError })),
    ),
  ).pipe(
    take(1),
    withLatestFrom(
      stderr$.pipe(tail(), startWith(new Uint8Array())),
      ({ status, wordsOf }, stderr) => ({
        ...status,
        stderr: wordsOf(Buffer.from(stderr).toString('utf8')),
      }),
    ),
  );

const ANSI = new RegExp(`${String.fromCodePoint(0x1b)}\\[[0-9;]*m`, 'g');

/** The error that ended the process. */
const ownError = (stderr: string): string => fromLastError(plainText(stderr)) ?? '';

/** A text without colours. */
export const plainText = (text: string): string => text.replaceAll(ANSI, '');
