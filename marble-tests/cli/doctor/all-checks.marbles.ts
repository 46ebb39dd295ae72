import { left, right } from 'fp-ts/lib/Either.js';
import { count, EMPTY, filter, map, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../../src/canonical/turn-event.js';
import { allChecks } from '../../../src/cli/doctor/all-checks.js';
import type { CodexSays } from '../../../src/cli/doctor/ask-app-server.js';
import type { DoctorOptions, DoctorPorts, OwnTurn } from '../../../src/cli/doctor/doctor-ports.js';
import { BinaryError } from '../../../src/codex/exec/resolve-binary.js';
import { type Config, defaultConfig } from '../../../src/plexum/config.js';
import { manifest } from '../../../src/plexum/manifest.js';
import { marbles } from '../../support/marbles.js';

const config: Config = { ...defaultConfig, binary: '/bin/codex' };
const loggedIn = { code: 0, text: 'Logged in using ChatGPT', expired: false };
const well: DoctorPorts = {
  nodeVersion: '20.0.0',
  configFile: '/p/config.json',
  readConfig: () => ({ isThere: true, loaded: right({ config, warnings: [] }) }),
  findCodex: () => ({ found: '/bin/codex', file: '/bin/codex' }),
  version$: () => of('0.169.0'),
  loginStatus$: () => of(loggedIn),
  loginNeeds: () => ({ hasKey: false }),
  folders: () => [{ path: '/p' }],
  writtenFolders: () => [],
  plexumJson: () => ({
    file: '/p/plexum.json',
    text: '{"plugins":{"allow":["plexum-openai-provider"]}}',
  }),
  manifestJson: () => ({
    file: '/p/manifest.json',
    text: JSON.stringify(manifest('1.2.3', ['codex'])),
  }),
  manifest: () => manifest('1.2.3', ['codex']),
  listen$: of('/run/s'),
  session: {
    folderProblem: () => undefined,
    writeProblem: () => undefined,
    readSession: () => ({}),
    findRollout: () => undefined,
    rollout$: () => EMPTY,
    hasJournal: () => false,
    isInstructed: () => false,
    codexHome: '/codex',
  },
  orphans: { find$: EMPTY, end$: EMPTY },
  driftFile: '/p/drift.json',
  readWireCounts: () => [],
  readDrift: () => [],
  run: () => () => EMPTY,
  word: () => 'word',
};
const plain: DoctorOptions = {
  workspaces: [],
  turn: false,
  tools: false,
  mend: false,
  appServer: true,
};

/** Each check as the letter of its state and its id. */
const checks = (ports: Partial<DoctorPorts> = {}, options: Partial<DoctorOptions> = {}) =>
  allChecks({ ...plain, ...options }, { ...well, ...ports }).pipe(
    map(({ state, id }) => `${state.charAt(0)} ${id}`),
  );
const values = {
  n: 'g node',
  c: 'g config',
  b: 'g codex',
  v: 'g codex-version',
  l: 'g login',
  m: 'g models',
  p: 'g profile',
  e: 'g folders',
  s: 'g sockets',
  w: 'g sessions',
  o: 'g leftovers',
  r: 'g transport',
  a: 'g allow-list',
  f: 'g manifest',
  A: 'r allow-list',
  F: 'r manifest',
  d: 'g drift',
  t: 'g turn',
  i: 'g session /a',
  j: 'g session /b',
  C: 'r config',
  B: 'r codex',
  V: 'r codex-version',
  L: 'r login',
  M: 'y models',
  P: 'r profile',
  E: 'r folders',
  S: 'y sockets',
  O: 'r leftovers',
  D: 'r drift',
  T: 'r turn',
  X: 'r tools',
};
const boom = (): never => {
  throw new Error('boom');
};
const end: TurnEvent = {
  type: 'message_end',
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1, reasoning_output_tokens: 0 },
  thread_id: 'T1',
};
const events: Record<string, TurnEvent> = { t: { type: 'text_delta', text: 'ready' }, E: end };

describe('allChecks', () => {
  it(
    'emits each check when it is done, one after another',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const version = cold(' ---------(v|)                  ', { v: '0.169.0' });
      const login = cold('            ------(a|)            ', { a: loggedIn });
      const listen = cold('                 ---------s      ', { s: '/run/s' });
      const versionSubs = '  ^--------!                     ';
      const loginSubs = '    ---------^-----!               ';
      const listenSubs = '   ---------------^--------!      ';
      const expected = '     (ncb)----v-----(lmrpeaf)(swod|)';

      expectObservable(
        checks({ version$: () => version, loginStatus$: () => login, listen$: listen }),
      ).toBe(expected, values);
      expectSubscriptions(version.subscriptions).toBe(versionSubs);
      expectSubscriptions(login.subscriptions).toBe(loginSubs);
      expectSubscriptions(listen.subscriptions).toBe(listenSubs);
    }),
  );

  it.each<[what: string, hooks: CodexSays['hooks'], state: string]>([
    ['lists the hooks after the checks of codex', right({ data: [] }), 'g hooks'],
    ['warns when codex cannot list its hooks', left('too old'), 'y hooks'],
  ])('%s', (_what, hooks, state) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const none = left('no');
      const said = { config: none, account: none, limits: none, models: none, hooks };
      const says = cold('--(s|)', { s: said });
      const subs = '     ^-!   ';
      const expected = ' --(h|)';
      const asked: string[][] = [];
      const ports: Partial<DoctorPorts> = {
        codexSays$: ({ binary }, workspaces) => (asked.push([binary, ...workspaces]), says),
      };
      const kept = checks(ports, { workspaces: ['/a'] }).pipe(filter((each) => /hooks/.test(each)));

      expectObservable(kept).toBe(expected, { h: state });
      expectSubscriptions(says.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([['/bin/codex', '/a']]);
    })();
  });

  it(
    'reports models, limits and hooks once the app-server has answered',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const none = left('no');
      const said = {
        config: none,
        account: none,
        limits: none,
        models: none,
        hooks: right(undefined),
      };
      const login = cold('--(a|)       ', { a: loggedIn });
      const says = cold('   ---(s|)    ', { s: said });
      const loginSubs = ' ^-!          ';
      const saysSubs = '  --^--!       ';
      const expected = '  --l--(mjhr|) ';

      expectObservable(
        checks({ loginStatus$: () => login, codexSays$: () => says }).pipe(
          filter((each) => /login|models|limits|hooks|transport/.test(each)),
        ),
      ).toBe(expected, { ...values, j: 'g limits', h: 'g hooks' });
      expectSubscriptions(login.subscriptions).toBe(loginSubs);
      expectSubscriptions(says.subscriptions).toBe(saysSubs);
    }),
  );

  it(
    'compares the provider of each thread with what the one app-server says',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const none = left('no');
      const read = right({ config: { model_provider: 'theirs' } });
      const said = { account: none, limits: none, models: none, hooks: right(undefined) };
      const says = cold('    ---(s|) ', { s: { ...said, version: '0.171.0', config: read } });
      const rollout = cold(' (m|)    ', {
        m: { type: 'json', value: { type: 'session_meta', payload: { model_provider: 'mine' } } },
      } as const);
      const saysSubs = '     ^--!    ';
      const rolloutSubs = '  ---(^!)   ';
      const expected = '     ---(ab|)';
      const session = {
        ...well.session,
        readSession: () => ({ threadId: 'T' }),
        findRollout: () => '/codex/r.jsonl',
        rollout$: () => rollout,
      };

      expectObservable(
        checks({ codexSays$: () => says, session }, { workspaces: ['/a', '/b'] }).pipe(
          filter((each) => /session/.test(each)),
        ),
      ).toBe(expected, { a: 'y session /a', b: 'y session /b' });
      expectSubscriptions(says.subscriptions).toBe(saysSubs);
      expectSubscriptions(rollout.subscriptions).toBe([rolloutSubs, rolloutSubs]);
    }),
  );

  it(
    'tells the transport why its app-server does not start, and starts one only',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const none = left('code 3');
      const said = {
        problem: 'code 3',
        config: none,
        account: none,
        limits: none,
        models: none,
        hooks: none,
      };
      const says = cold('   ---(s|)       ', { s: said });
      const saysSubs = '    ^--!          ';
      const expected = '    ---(r|)       ';
      const served = right({
        config: { ...config, transport: 'app-server' },
        warnings: [],
      } as const);

      expectObservable(
        checks({
          readConfig: () => ({ isThere: true, loaded: served }),
          codexSays$: () => says,
        }).pipe(filter((each) => each.endsWith('transport'))),
      ).toBe(expected, { r: 'y transport' });
      expectSubscriptions(says.subscriptions).toBe(saysSubs);
    }),
  );

  it(
    'starts no app-server with --no-app-server',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const says = cold<CodexSays>('---#');
      const subs: string[] = [];
      const expected = '(mr|)  ';

      expectObservable(
        checks({ codexSays$: () => says }, { appServer: false }).pipe(
          filter((each) => /models|limits|hooks|transport/.test(each)),
        ),
      ).toBe(expected, values);
      expectSubscriptions(says.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs no codex command when codex is not found',
    marbles(({ expectObservable }) => {
      const findCodex = (): never => {
        throw new BinaryError('there is none');
      };
      const expected = '(ncBmrpeafswod|)';

      expectObservable(
        checks({ findCodex, version$: boom, loginStatus$: boom, loginNeeds: boom }),
      ).toBe(expected, values);
    }),
  );

  it(
    'checks the defaults and runs no turn when the config cannot be read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('(tE|)', events);
      const expected = ' (nCYvlmrpeafswodTX|)';
      const asked: Partial<DoctorPorts> = {
        readConfig: () => ({ isThere: true, loaded: left('no JSON') }),
        run: () => () => turn,
      };

      expectObservable(checks(asked, { turn: true, tools: true })).toBe(expected, {
        ...values,
        Y: 'y codex',
      });
      expectSubscriptions(turn.subscriptions).toBe([]);
    }),
  );

  it(
    'emits a red check for a port that fails and runs the other checks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const version = cold('    #', {}, new Error('gone'));
      const versionSubs = '     (^!)';
      const expected = '        (ncbVLmrPEAFSwODTX|)';
      const broken: Partial<DoctorPorts> = {
        version$: () => version,
        loginStatus$: () => throwError(() => new Error('EACCES')),
        folders: boom,
        writtenFolders: boom,
        plexumJson: boom,
        manifestJson: boom,
        listen$: throwError(() => new Error('too long')),
        orphans: { find$: throwError(() => new Error('boom')), end$: NEVER },
        readDrift: boom,
        run: () => boom,
      };

      expectObservable(checks(broken, { turn: true, tools: true })).toBe(expected, values);
      expectSubscriptions(version.subscriptions).toBe(versionSubs);
    }),
  );

  it(
    'warns when the config names models that a ChatGPT login does not serve',
    marbles(({ expectObservable }) => {
      const given: Config = { ...config, supportedModels: ['codex', 'gpt-5.5'] };
      const expected = '(ncbvlMrpeafswod|)';

      expectObservable(
        checks({
          readConfig: () => ({ isThere: true, loaded: right({ config: given, warnings: [] }) }),
        }),
      ).toBe(expected, values);
    }),
  );

  it(
    'checks the workspaces in the order given',
    marbles(({ expectObservable }) => {
      expectObservable(checks({}, { workspaces: ['/a', '/b'] })).toBe(
        '(ncbvlmrpeafsijod|)',
        values,
      );
    }),
  );

  it(
    'checks any number of workspaces, also when the first one takes its time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const rollout = cold<never>('-----|   ');
      const subs = '               ^----!   ';
      const expected = '           -----(n|)';
      const workspaces = Array.from({ length: 2_000 }, (_, nth) => `/${nth}`);
      const session: DoctorPorts['session'] = {
        ...well.session,
        readSession: (workspace) => (workspace === '/0' ? { threadId: 'T' } : {}),
        findRollout: () => '/rollout',
        rollout$: () => rollout,
      };
      const sessions$ = checks({ session }, { workspaces }).pipe(
        filter((check) => check.includes(' session ')),
        count(),
      );

      expectObservable(sessions$).toBe(expected, { n: 2_000 });
      expectSubscriptions(rollout.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs the turns last, the second one after the first has completed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const first = cold(' 20ms (tE|)         ', events);
      const second = cold(' 30ms (tE|)        ', events);
      const firstSubs = '   ^ 19ms !          ';
      const secondSubs = '  20ms ^ 29ms !     ';
      const expected = '    (ncbvlmrpeafswod) 3ms t 29ms (X|)';
      const asked: (readonly [boolean, OwnTurn])[] = [];
      const run: DoctorPorts['run'] = ({ bridgeRequired }, turn) => {
        asked.push([bridgeRequired, turn]);
        return () => (turn.tools.length === 0 ? first : second);
      };

      expectObservable(checks({ run }, { turn: true, tools: true })).toBe(expected, values);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
      flush();
      expect(asked).toEqual([
        [false, { modelId: 'codex', prompt: expect.stringContaining('ready'), tools: [] }],
        [
          true,
          {
            modelId: 'codex',
            prompt: expect.stringContaining('doctor_probe'),
            tools: [expect.objectContaining({ name: 'doctor_probe' })],
          },
        ],
      ]);
    }),
  );

  it(
    'unsubscribes from the running check when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const login = cold('   --------');
      const unsub = '        -------!';
      const subs = '         ^------!';
      const expected = '     (ncbv)  ';

      expectObservable(
        checks({ loginStatus$: () => login.pipe(map(() => loggedIn)), run: boom }),
        unsub,
      ).toBe(expected, values);
      expectSubscriptions(login.subscriptions).toBe(subs);
    }),
  );
});
