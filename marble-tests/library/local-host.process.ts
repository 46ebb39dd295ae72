import { lastValueFrom, map, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { userTexts } from '../../scripts/lib/model-server.mjs';
import { type LocalHostOptions, localHost } from '../../src/library/local-host.js';
import { type Lab, openLab, type Reply, realCodex } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

const texts: Reply = (request) => [{ text: userTexts(request).join(', ') }];
const config = { binary: realCodex, transport: 'app-server', app_server_required: true };

const setUp = (lab: Lab, options: LocalHostOptions = {}) => {
  lab.configure(config);
  const host = localHost({ env: lab.env, ...options });
  const agent = { agent_id: 'local', workspace: lab.workspace };
  const textOf = (content: string): Promise<string> =>
    lastValueFrom(
      host
        .turn$({ model_id: 'codex', agent, request: { messages: [{ role: 'user', content }] } })
        .pipe(
          map((event) => (event.type === 'text_delta' ? event.text : '')),
          toArray(),
          map((pieces) => pieces.join('')),
        ),
    );
  const hasEnded = () => until(() => processesOf(lab.at('home')).length === 0);
  return { host, textOf, hasEnded };
};

describe('localHost on an app-server', () => {
  it('ends the app-server with the plugin of a turn, so that the next one goes on with the thread', async () => {
    await using lab = await openLab(texts);
    const { textOf, hasEnded } = setUp(lab);
    expect(await textOf('one')).toBe('one');
    expect(await textOf('two')).toBe('one, two');
    await hasEnded();
  });

  it('keeps it while a stream is subscribed, and ends it when the plugin is terminated', async () => {
    const terminate$ = new Subject<void>();
    await using lab = await openLab(texts);
    const { host, textOf, hasEnded } = setUp(lab, { terminate$ });
    const frames = lastValueFrom(host.frames$);
    await textOf('one');
    const pids = processesOf(lab.at('home')).map(({ pid }) => pid);
    await textOf('two');
    expect(processesOf(lab.at('home')).map(({ pid }) => pid)).toEqual(pids);
    terminate$.next();
    await frames;
    await hasEnded();
  });
});
