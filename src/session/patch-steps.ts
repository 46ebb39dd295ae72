import type { Patch } from '../codex/rollout/patch.js';

/** A part of a patch that begins `at` bytes after the beginning of the patch. */
export interface PatchPiece extends Patch {
  readonly at: number;
}

/** Groups patches into steps of `stepBytes` bytes. A patch may span several steps. */
export function* patchSteps(
  patches: readonly Patch[],
  stepBytes: number,
): Generator<readonly PatchPiece[]> {
  let step: PatchPiece[] = [];
  let room = stepBytes;
  for (const { offset, length, text } of patches) {
    for (let at = 0; at < length; ) {
      const size = Math.min(room, length - at);
      step.push({ offset: offset + at, length: size, text, at });
      at += size;
      room -= size;
      if (room > 0) continue;
      yield step;
      [step, room] = [[], stepBytes];
    }
  }
  if (step.length > 0) yield step;
}
