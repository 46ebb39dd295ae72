/**
 * The largest result in bytes of JSON: 12 MiB. codex 0.169 refuses a line of 16 MiB from a relay,
 * and shows the model about 48 KB; see `src/codex/README.md`.
 */
export const MAX_RESULT_BYTES = 12 * 1024 * 1024;
