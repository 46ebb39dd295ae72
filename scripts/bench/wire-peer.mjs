// The peer of row "wire": the least bridge that one can make of codex-sdk. Each line of stdin is a
// turn; each event of it becomes a line of stdout.
import { createInterface } from 'node:readline';
import { loadSdk } from './codex-sdk.mjs';

/** @typedef {{ sdk: string, codex: string, workspace: string }} Job */

/** @type {Job} */
const { sdk, codex, workspace } = JSON.parse(process.argv[2] ?? '');
const { Codex } = await loadSdk(sdk);
const thread = new Codex({ codexPathOverride: codex }).startThread({
  workingDirectory: workspace,
  skipGitRepoCheck: true,
});
process.stdout.write('{"result":"ready"}\n');
for await (const prompt of createInterface({ input: process.stdin })) {
  const { events } = await thread.runStreamed(prompt);
  for await (const event of events)
    if (
      !process.stdout.write(
        `${JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { event } })}\n`,
      )
    )
      await new Promise((resolve) => process.stdout.once('drain', resolve));
  process.stdout.write('{"result":"done"}\n');
}
