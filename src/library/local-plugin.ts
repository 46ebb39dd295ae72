import { PassThrough } from 'node:stream';
import { defer, finalize, ignoreElements, merge, of, tap } from 'rxjs';
import { exactJson } from '../lines/exact-json.js';
import { parseJson } from '../lines/parse-json.js';
import { readFrame } from '../lines/read-frame.js';
import { readable } from '../lines/readable.js';
import { splitLines } from '../lines/split-lines.js';
import { connectPlugin, type PluginOptions } from '../server/plugin.js';
import { during } from '../streams/during.js';
import { emitAll } from '../streams/emit-all.js';
import type { FramePlugin } from './local-connection.js';

/**
 * The plugin server of this package, run in this process, as a function of frames.
 *
 * Emits each frame that the plugin writes, parsed. Completes after the last frame of a plugin that
 * has ended. Unsubscribe closes its pipes, which ends its turns.
 */
export const localPlugin =
  (options: PluginOptions): FramePlugin =>
  (sent$) =>
    defer(() => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const { server$ } = connectPlugin(input, output, options);
      const write$ = sent$.pipe(
        tap((frame) => input.write(`${exactJson(frame)}\n`)),
        ignoreElements(),
      );
      // The last response is written a few microtasks after the end of the server.
      const run$ = server$.pipe(finalize(() => setImmediate(() => output.end())));
      return during(merge(of(output), write$, run$), (stream) =>
        readable(stream).pipe(
          splitLines(),
          parseJson(readFrame),
          emitAll((parsed) => (parsed.type === 'json' ? [parsed.value] : [])),
        ),
      ).pipe(
        finalize(() => {
          input.destroy();
          output.destroy();
        }),
      );
    });
