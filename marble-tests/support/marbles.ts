export { type Marbles, marbles } from '../../src/marbles/marbles.js';
