export { fakePorts, type LogCall, quietRun } from '../../src/testing/fake-ports.js';
