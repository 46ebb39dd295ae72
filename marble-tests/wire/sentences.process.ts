import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { openLab } from '../support/lab.js';

const failingAppServer = fileURLToPath(
  new URL('../support/failing-app-server.mjs', import.meta.url),
);

type Row = readonly [kind: string, retryable: boolean, message: string, info?: unknown];

/** codexErrorInfo counts first, the words second where it covers several kinds, or none. */
const rows: readonly Row[] = [
  ['content_filtered', false, 'the model does not exist', 'cyberPolicy'],
  ['content_filtered', false, 'unexpected status 503', { bioPolicy: { httpStatusCode: 503 } }],
  ['context_window', false, 'this is too much', 'contextWindowExceeded'],
  ['quota', false, 'You are out of credits.', 'usageLimitExceeded'],
  ['usage_limit', false, 'no more today', 'usageLimitExceeded'],
  ['rate_limit', true, 'slower', { httpConnectionFailed: { httpStatusCode: 429 } }],
  ['overloaded', true, 'not now', 'serverOverloaded'],
  ['model_unsupported', false, 'no such model', 'modelNotFound'],
  ['auth', false, 'Your access token could not be refreshed.', 'other'],
  ['network', true, 'error sending request for url', 'other'],
  ['stream_interrupted', true, 'stream disconnected before completion: closed'],
  ['invalid_request', false, "Unknown parameter: 'input[3].status'.", 'other'],
  ['thread_busy', true, 'busy', { activeTurnNotSteerable: { turnKind: 'review' } }],
  ['internal', false, 'the moon is full', 'other'],
];

it('gives each failure of the app-server its kind, by codexErrorInfo first and by its words second', async () => {
  await using lab = await openLab();
  lab.configure({ binary: failingAppServer, transport: 'app-server', app_server_required: true });
  const plugin = await lab.start();
  const ends = rows.map(async ([, , message, info], i) => {
    const workspace = lab.at(`workspace-${i}`);
    mkdirSync(workspace);
    const turn = plugin.stream(turnParams(workspace, JSON.stringify([message, info])));
    await turn.response;
    const { kind, retryable, message: text } = turn.events.at(-1)?.['event'] ?? {};
    return [kind, retryable, String(text).includes(message)];
  });

  expect(await Promise.all(ends)).toEqual(rows.map(([kind, retryable]) => [kind, retryable, true]));
});
