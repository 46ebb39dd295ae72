import type { ErrorKind } from '../../canonical/turn-event.js';
import { STRICT_STEP } from '../strict-schema.js';

const again = (step: string): string => `${step}, then send the turn again`;

const FILES =
  'raise the limit of open files of the daemon (LimitNOFILE= of its systemd unit, `ulimit -n` of its shell)';

/** What to do about a message with certain words; with `kind`, only for failures of that kind. */
interface WordStep {
  readonly words: RegExp;
  readonly step: string;
  readonly kind?: ErrorKind;
}

/**
 * A resource of the machine that has run out, by the words of codex, SQLite or the system. SQLite
 * names no reason (src/codex/README.md, few descriptors).
 */
const SHORTAGES: readonly WordStep[] = [
  {
    words: /No space left|disk quota|disk is full|ENOSPC|EDQUOT/i,
    step: again('free space on the disk'),
  },
  {
    words: /\(os error 24\)|EMFILE|application network policy is unavailable/,
    step: again(FILES),
  },
  {
    words: /unable to open database file/,
    step: again(`${FILES}, or give its user write access to CODEX_HOME and its databases`),
  },
  {
    words: /\(os error 23\)|ENFILE/,
    step: again('raise fs.file-max of the machine, or end other programs'),
  },
  {
    words: /\(os error (?:11|12)\)|EAGAIN|ENOMEM/,
    step: again(
      'free memory, or raise the limit of processes of the daemon (TasksMax= of its systemd unit, `ulimit -u` of its shell)',
    ),
  },
];

/** An older codex has run a turn on the thread, and a newer one cannot read it any more. */
const OLDER_WRITER = /is missing an ordinal/i;
/** A newer codex has begun the thread: the words of 0.143 and 0.144, which cannot resume it. */
const NEWER_WRITER = /paginated_threads is not supported yet/i;

/** Two versions of codex share a thread, and one of them cannot read what the other wrote. */
export const MIXED_VERSIONS: readonly RegExp[] = [OLDER_WRITER, NEWER_WRITER];

/** SQLite cannot read a database of codex. */
const DAMAGED_DATABASE = /file is not a database|database disk image is malformed/i;

/**
 * What `codex exec` says of each thread that it resumes while it cannot use a database: a damaged
 * one (measured on 0.150.1 and 0.171.0), or on a full disk (0.171.0).
 */
const WITHOUT_DATABASE = /list_turns is not supported yet/i;

/** codex cannot use a database. */
export const NO_DATABASE: readonly RegExp[] = [DAMAGED_DATABASE, WITHOUT_DATABASE];

const MOVE_DATABASES =
  'stop the daemon and every codex, then move the *.sqlite* files out of CODEX_HOME (by default ~/.codex); codex makes them anew from its sessions, except goals and memories';

/**
 * Other words. Those about files were measured on 0.135.0 and 0.171.0: codex names a file that it
 * cannot use, but not its home.
 */
const OTHERS: readonly WordStep[] = [
  {
    words: OLDER_WRITER,
    step: 'an older codex has run a turn on this thread, and newer versions can no longer read it: keep using the older version, or remove .plexum-codex-session from the workspace to begin a new thread',
  },
  {
    words: NEWER_WRITER,
    step: 'a newer codex has begun this thread, and this one cannot read it: install the newer codex again, or remove .plexum-codex-session from the workspace to begin a new thread',
  },
  { words: /Invalid schema for response_format/i, step: STRICT_STEP },
  {
    kind: 'config',
    words: DAMAGED_DATABASE,
    step: `a database of codex is damaged: ${MOVE_DATABASES}`,
  },
  {
    kind: 'config',
    words: WITHOUT_DATABASE,
    step: `if the disk of CODEX_HOME is full, free space on it and send the message again; otherwise a database of codex is damaged: ${MOVE_DATABASES}`,
  },
  {
    kind: 'config',
    words: /^[^/]*\b(?:Permission denied|Read-only file system) \(os error/i,
    step: 'give the user of the daemon write access to CODEX_HOME (by default ~/.codex) and to everything in it',
  },
  {
    kind: 'config',
    words: /(?:Permission denied|Read-only file system) \(os error/i,
    step: 'give the user of the daemon access to what the message names',
  },
  {
    kind: 'config',
    words: /CODEX_HOME points to/,
    step: 'create this folder and log codex in there, or set CODEX_HOME in the environment of the daemon to another folder',
  },
  {
    kind: 'config',
    words: /Could not find home directory/i,
    step: 'set HOME in the environment of the daemon, or CODEX_HOME to a folder in which codex is logged in',
  },
];

/** The step for the words of a failure; the first row counts. */
const stepIn = (rows: readonly WordStep[], text: string, failed?: ErrorKind): string | undefined =>
  rows.find(({ words, kind = failed }) => kind === failed && words.test(text))?.step;

/** What to do about a resource that has run out; `undefined` for other failures. */
export const shortageStep = (text: string): string | undefined => stepIn(SHORTAGES, text);

/** What to do about a failure by its words; `undefined` when only its kind says that. */
export const wordStep = (kind: ErrorKind, text: string): string | undefined =>
  shortageStep(text) ?? stepIn(OTHERS, text, kind);

/** Every step that words may have. */
export const WORD_STEPS: readonly string[] = [...SHORTAGES, ...OTHERS].map(({ step }) => step);
