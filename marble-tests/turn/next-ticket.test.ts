import { describe, expect, it } from 'vitest';
import { countOf, nextTicket, type QueueState, type Ticket } from '../../src/turn/next-ticket.js';

interface Named extends Ticket {
  readonly name: string;
}

/** A ticket of the agent `name[0]` for a workspace. */
const ticket = (name: string, workspace: string, other: Partial<Named> = {}): Named => ({
  name,
  keys: [workspace],
  agent: name.slice(0, 1),
  light: false,
  ...other,
});

const next = (
  waiting: readonly Named[],
  running: readonly Named[],
  other: Partial<QueueState<Named>> = {},
): string | undefined =>
  nextTicket({
    waiting: new Set(waiting),
    running: new Set(running),
    limit: 4,
    starts: new Map(),
    ...other,
  })?.name;

describe('nextTicket', () => {
  it('is undefined when no ticket waits', () => {
    expect(next([], [ticket('a1', '/1')])).toBeUndefined();
  });

  it('is the ticket that waits longest among those of one agent', () => {
    expect(next([ticket('a1', '/1'), ticket('a2', '/2')], [])).toBe('a1');
  });

  it('is undefined while every slot is in use', () => {
    expect(next([ticket('a1', '/1')], [ticket('b1', '/2')], { limit: 1 })).toBeUndefined();
  });

  it('is a ticket whose own limit has a free slot', () => {
    const waiting = [ticket('a1', '/1', { limit: 1 }), ticket('b1', '/2', { limit: 2 })];
    expect(next(waiting, [ticket('c1', '/3')], { limit: 1 })).toBe('b1');
    expect(next(waiting, [], { limit: 1 })).toBe('a1');
    expect(next(waiting, [ticket('c1', '/3'), ticket('d1', '/4')])).toBeUndefined();
  });

  it('is a light ticket while every slot is in use', () => {
    const light = ticket('a2', '/3', { light: true });
    expect(next([ticket('a1', '/1'), light], [ticket('b1', '/2')], { limit: 1 })).toBe('a2');
  });

  it('does not count a running light ticket as a slot', () => {
    const light = ticket('b1', '/2', { light: true });
    expect(next([ticket('a1', '/1')], [light], { limit: 1 })).toBe('a1');
  });

  it('passes over a ticket whose workspace has a running one', () => {
    expect(next([ticket('a1', '/1'), ticket('a2', '/2')], [ticket('b1', '/1')])).toBe('a2');
  });

  it('keeps the order of the waiting tickets of one workspace', () => {
    const waiting = [ticket('a1', '/1'), ticket('b1', '/1', { light: true })];
    expect(next(waiting, [ticket('c1', '/2')], { limit: 1 })).toBeUndefined();
  });

  it('passes over a ticket that shares a thread with one before it', () => {
    const waiting = [
      ticket('a1', '/1', { keys: ['/1', 'T'] }),
      ticket('b1', '/2', { keys: ['/2', 'T'] }),
    ];
    expect(next(waiting, [ticket('c1', '/1')])).toBeUndefined();
  });

  it('prefers the agent with the fewest running tickets', () => {
    const waiting = [ticket('a2', '/2'), ticket('b1', '/3')];
    expect(next(waiting, [ticket('a1', '/1')])).toBe('b1');
  });

  it('prefers the least recently served agent among those with as many running tickets', () => {
    const starts = new Map([
      ['a', 2],
      ['b', 1],
    ]);
    expect(next([ticket('a1', '/1'), ticket('b1', '/2')], [], { starts })).toBe('b1');
  });

  it('prefers the agent with the fewest running tickets to the least recently served', () => {
    const starts = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    const running = [ticket('a1', '/1'), ticket('a2', '/2'), ticket('b1', '/3')];
    expect(next([ticket('a3', '/4'), ticket('b2', '/5')], running, { starts })).toBe('b2');
  });

  it('prefers an agent that was never served', () => {
    const starts = new Map([['a', 1]]);
    expect(next([ticket('a1', '/1'), ticket('b1', '/2')], [], { starts })).toBe('b1');
  });
});

describe('countOf', () => {
  it('counts the tickets of the agent only', () => {
    const tickets = new Set([ticket('a1', '/1'), ticket('a2', '/2'), ticket('b1', '/3')]);
    expect([countOf('a', tickets), countOf('b', tickets), countOf('c', tickets)]).toEqual([
      2, 1, 0,
    ]);
  });
});
