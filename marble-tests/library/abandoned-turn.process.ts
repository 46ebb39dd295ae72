import { firstValueFrom, lastValueFrom, map, Subject, takeUntil, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { userTexts } from '../../scripts/lib/model-server.mjs';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { turn$ } from '../../src/library/turns.js';
import { signalProcess } from '../../src/process/process-tree.js';
import { type Lab, openLab, type Reply } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

const texts: Reply = (request) => {
  const prompts = userTexts(request);
  return prompts.at(-1) === 'hang' ? [{ hang: true }] : [{ text: prompts.join(', ') }];
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

describe('turn$ after an unsubscribe', () => {
  it.each(['exec', 'app-server'] as const)(
    'ends the turn before the next turn of the workspace starts, also for a turn that was queued (%s)',
    async (transport) => {
      await using lab = await openLab(texts);
      const turn = (text: string) => turn$(text, optionsIn(lab, transport));
      const abandons = [new Subject<void>(), new Subject<void>()];
      for (const abandon$ of abandons) turn('hang').pipe(takeUntil(abandon$)).subscribe();
      const last = lastValueFrom(
        turn('last').pipe(
          map((event) => ({
            event,
            alive: transport === 'exec' && event.type === 'message_start' ? codexes(lab) : [],
          })),
          toArray(),
        ),
      );
      for (const [nth, abandon$] of abandons.entries()) {
        await until(() => lab.model.requests.length === nth + 1);
        abandon$.next();
      }

      const events = await last;
      expect(events.flatMap(({ alive }) => alive)).toEqual([]);
      expect(textOf(events.map(({ event }) => event))).toBe('hang, hang, last');
    },
  );

  it('kills an app-server that does not end the turn, and runs the next turn on a new one', async () => {
    await using lab = await openLab(texts);
    const turn = (text: string) => turn$(text, optionsIn(lab, 'app-server'));
    await firstValueFrom(turn('one').pipe(toArray()));
    const abandon$ = new Subject<void>();
    turn('hang').pipe(takeUntil(abandon$)).subscribe();
    await until(() => lab.model.requests.length === 2);
    for (const { pid } of codexes(lab)) signalProcess(pid, 'SIGSTOP');
    abandon$.next();

    expect(textOf(await lastValueFrom(turn('two').pipe(toArray())))).toBe('one, hang, two');
  });
});
