/**
 * The child's side of `openTurns`: each message of the parent is a turn, and answered with its
 * times.
 * @param {Record<string, (text: string) => Promise<import('./real-codex.mjs').Times>>} sides @param
 * {() => Promise<unknown>} close
 */
export const answerTurns = (sides, close) => {
  process.on('message', (/** @type {{ side: string, text: string }} */ { side, text }) => {
    void sides[side]?.(text).then(
      (times) => process.send?.({ times }),
      (/** @type {unknown} */ error) => process.send?.({ problem: String(error) }),
    );
  });
  const leave = () => void close().finally(() => process.exit(0));
  process.once('SIGTERM', leave).once('disconnect', leave);
  process.send?.({ ready: true });
};
