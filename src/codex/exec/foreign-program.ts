import { readHead } from '../../process/files.js';
import { BinaryError } from './resolve-binary.js';

/** Node's names of the machines that codex is built for, by those in the header of ELF. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [62, 'x64'],
  [183, 'arm64'],
]);

/** The first bytes of programs for other systems than Linux, in hexadecimal. */
const OTHERS: readonly (readonly [magic: string, system: string])[] = [
  ['cffaedfe', 'macOS'],
  ['cafebabe', 'macOS'],
  ['4d5a', 'Windows'],
];

/**
 * The system and the machine that a program is made for when it is another one than this, by its
 * header; `undefined` for one of this machine, for a script, and for what only the system knows.
 */
export const foreignPlatform = (file: string): string | undefined => {
  const head = headOf(file);
  const other = OTHERS.find(([magic]) => head.toString('hex').startsWith(magic))?.[1];
  const isElf = head.length === HEAD_BYTES && head.toString('latin1', 0, 4) === '\x7fELF';
  const machine = isElf ? MACHINES.get(head.readUInt16LE(18)) : undefined;
  if (process.platform === 'linux')
    return machine === undefined || machine === process.arch ? other : `Linux on ${machine}`;
  return isElf ? 'Linux' : undefined;
};

/**
 * The error for a program that has printed no version and is made for another machine: the system
 * gives it to a shell, which complains about its first bytes. An emulator may run it all the same.
 */
export const foreignProblem = (file: string): BinaryError | undefined => {
  const platform = foreignPlatform(file);
  return platform === undefined
    ? undefined
    : new BinaryError(
        `${file} is a program for ${platform}, and this machine is ${process.platform} on ${process.arch}`,
        'install codex on this machine with "npm install -g @openai/codex" or set "binary" in config.json to one that is made for it',
      );
};

/** Up to the machine in the header of ELF. */
const HEAD_BYTES = 20;

const headOf = (file: string): Buffer => {
  try {
    return readHead(file, HEAD_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
};
