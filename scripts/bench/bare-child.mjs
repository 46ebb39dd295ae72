// The bare client, in a process of its own, as the plugin and the peers are.
import { answerTurns } from './answer-turns.mjs';
import { openBare } from './bare-client.mjs';

/** @type {import('./bare-client.mjs').Options} */
const { file, cwd, model } = JSON.parse(process.argv[2] ?? '');
const bare = await openBare({ file, cwd, model });

answerTurns({ bare: bare.turn }, () => Promise.resolve(bare.stop()));
