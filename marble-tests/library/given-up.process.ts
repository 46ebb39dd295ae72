import { firstValueFrom, lastValueFrom, map, Subject, takeUntil, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { userTexts } from '../../scripts/lib/model-server.mjs';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { turn$ } from '../../src/library/turns.js';
import { type Lab, openLab, type Reply } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

const texts: Reply = (request) => {
  const said = userTexts(request);
  return said.at(-1) === 'hang' ? [{ hang: true }] : [{ text: said.join(', ') }];
};
const optionsIn = ({ env, workspace }: Lab, transport: 'exec' | 'app-server') => ({
  env,
  workspace,
  log: () => undefined,
  config: { transport, appServerRequired: true, appServerIdleMs: 0 },
});
const textOf = (events: readonly TurnEvent[]): string =>
  events.map((event) => (event.type === 'text_delta' ? event.text : '')).join('');
const codexes = (lab: Lab) =>
  processesOf(lab.at('home')).filter(({ args }) =>
    args.some((arg) => arg === 'exec' || arg === 'app-server'),
  );

describe('a turn that is given up', () => {
  it.each(['exec', 'app-server'] as const)(
    'is over when the next one begins, also when it has waited itself (%s)',
    async (transport) => {
      await using lab = await openLab(texts);
      const turn = (text: string) => turn$(text, optionsIn(lab, transport));
      const leave$ = [new Subject<void>(), new Subject<void>()];
      for (const left$ of leave$) turn('hang').pipe(takeUntil(left$)).subscribe();
      const last = lastValueFrom(
        turn('last').pipe(
          map((event) => ({
            event,
            alive: transport === 'exec' && event.type === 'message_start' ? codexes(lab) : [],
          })),
          toArray(),
        ),
      );
      for (const [nth, left$] of leave$.entries()) {
        await until(() => lab.model.requests.length === nth + 1);
        left$.next();
      }

      const events = await last;
      expect(events.flatMap(({ alive }) => alive)).toEqual([]);
      expect(textOf(events.map(({ event }) => event))).toBe('hang, hang, last');
    },
  );

  it('costs the app-server when that does not end it, and the next one goes on', async () => {
    await using lab = await openLab(texts);
    const turn = (text: string) => turn$(text, optionsIn(lab, 'app-server'));
    await firstValueFrom(turn('one').pipe(toArray()));
    const left$ = new Subject<void>();
    turn('hang').pipe(takeUntil(left$)).subscribe();
    await until(() => lab.model.requests.length === 2);
    for (const { pid } of codexes(lab)) process.kill(pid, 'SIGSTOP');
    left$.next();

    expect(textOf(await lastValueFrom(turn('two').pipe(toArray())))).toBe('one, hang, two');
  });
});
