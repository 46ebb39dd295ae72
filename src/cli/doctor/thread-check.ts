import * as t from 'io-ts';
import { SESSION_FILE } from '../../node/session-file.js';
import { excerpt } from '../../text/explain.js';
import type { Check, checkOf } from './check.js';
import type { RolloutSummary } from './rollout-summary.js';

export const NEW_THREAD_STEP = `remove ${SESSION_FILE} from the workspace: its next turn begins a new thread`;

/** What is known of a thread beside its records. */
export interface ThreadFacts {
  readonly threadId: string;
  /** Path of its rollout. */
  readonly file: string;
  /** Whether a mutation of it was interrupted. */
  readonly isCutOff: boolean;
  /** Whether it has got instructions of the host (`system`). */
  readonly isInstructed: boolean;
  /** See `turnProviders`. */
  readonly providers: readonly string[] | undefined;
}

const Meta = t.type({ type: t.literal('session_meta'), payload: t.UnknownRecord });
const Numbered = t.type({ ordinal: t.number });

/** Judges whether codex can go on with a thread, by its rollout. */
export const threadCheck = (
  { green, yellow, red }: ReturnType<typeof checkOf>,
  { lines, torn, pictures, first, last }: RolloutSummary,
  { threadId, file, isCutOff, isInstructed, providers }: ThreadFacts,
): Check => {
  const system = isInstructed ? ', with instructions of the host' : '';
  const records = `thread ${threadId}, ${lines} records in ${file}${system}`;
  if (!Meta.is(first))
    return red(
      `${file} does not begin with the thread's metadata, so codex refuses it`,
      `put back a copy of it, or ${NEW_THREAD_STEP}`,
    );
  if (first.payload['history_mode'] === 'paginated' && !Numbered.is(last))
    return red(
      `${file} ends with a record of an older codex, and codex 0.148 and newer refuse it then`,
      `use one version of codex for this thread: the older one still takes it; or ${NEW_THREAD_STEP}`,
    );
  if (isCutOff)
    return yellow(
      `${records}; a mutation of it was cut off`,
      'the next turn or mutation of the thread puts the original bytes back',
    );
  if (/\/archived_sessions\//.test(file))
    return yellow(
      `${records}; the thread is archived, and codex 0.136 and newer refuse it`,
      `the next turn unarchives it; by hand: codex unarchive ${threadId}`,
    );
  const { model_provider: provider } = first.payload;
  if (typeof provider === 'string' && providers?.includes(provider) === false)
    return yellow(
      `${records}; it belongs to the model provider ${excerpt(provider, 80)}, and turns ask ${providers.join(', ')}`,
      'the next turn begins a new thread with the earlier messages of its request; to go on with this one, set model_provider of codex back',
    );
  if (pictures > 0)
    return yellow(
      `${records}; ${pictures} of the pictures in its history are none, and the API may refuse them`,
      `a turn that is refused takes them out of the thread; or ${NEW_THREAD_STEP}`,
    );
  if (torn > 0)
    return yellow(
      `${records}, of which ${torn} cannot be read`,
      'codex passes over them; nothing has to be done',
    );
  return green(records);
};
