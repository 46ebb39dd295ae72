export { fakePorts, type LogCall, quietRun } from '../../src/marbles/fake-ports.js';
