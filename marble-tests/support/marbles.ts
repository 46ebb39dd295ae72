export { type Marbles, marbles } from '../../src/testing/marbles.js';
