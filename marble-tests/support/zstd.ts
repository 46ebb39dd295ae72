/** Bytes as a zstd frame of raw blocks, which every decoder takes: no compressor is needed. */
export const zstdFrame = (bytes: Buffer): Buffer => {
  const frame: Uint8Array[] = [MAGIC, Buffer.from([WINDOW_OF_FRAME, WINDOW_1_MIB])];
  for (let at = 0; ; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    const isLast = at + BLOCK >= bytes.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    frame.push(header, block);
    if (isLast) return Buffer.concat(frame);
  }
};

const MAGIC = Buffer.from('28b52ffd', 'hex');
const WINDOW_OF_FRAME = 0x00;
const WINDOW_1_MIB = 0x50;
const BLOCK = 100_000;
