import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A random UUID: the kernel's where it gives one, since node:crypto takes 3 ms to load. */
export const uniqueId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim();
  } catch {
    return randomUUID();
  }
};
