export { codexOutput, THREAD, turnEvents } from './testing/alphabet.js';
export { exampleTurn, fakePorts, type LogCall, quietRun } from './testing/fake-ports.js';
export { type Marbles, marbles } from './testing/marbles.js';
