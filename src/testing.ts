export { codexOutput, THREAD, turnEvents } from './marbles/alphabet.js';
export { exampleTurn, fakePorts, type LogCall, quietRun } from './marbles/fake-ports.js';
export { type Marbles, marbles } from './marbles/marbles.js';
