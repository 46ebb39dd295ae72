import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  concat,
  concatMap,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  take,
  takeUntil,
  toArray,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPlugin } from '../../src/library/local-plugin.js';

let home = '';
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'plexum-local-plugin-'));
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

const initialize = {
  jsonrpc: '2.0',
  id: 'initialize',
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const read = (id: number) => ({ jsonrpc: '2.0', id, method: 'plexum/manifest/read', params: {} });
const pluginOf = (terminate$: Observable<unknown> = NEVER) =>
  localPlugin({ version: '1.2.3', env: { HOME: home }, executable: '', terminate$ });
const frameOf = (id: unknown) => expect.objectContaining({ id });

describe('localPlugin', () => {
  it('emits each frame that the plugin writes, parsed', async () => {
    const sent$ = concat(of(initialize, initialized, read(1), read(2)), NEVER);
    const frames = await firstValueFrom(pluginOf()(sent$).pipe(take(3), toArray()));

    expect(frames).toEqual([frameOf('initialize'), frameOf(1), frameOf(2)]);
  });

  it('writes a frame when it is sent', async () => {
    const sent$ = new ReplaySubject<unknown>(10);
    sent$.next(initialize);
    const ids = await firstValueFrom(
      pluginOf()(sent$).pipe(
        concatMap((frame, nth) => {
          sent$.next(read(nth));
          return of(frame);
        }),
        take(3),
        toArray(),
      ),
    );

    expect(ids).toEqual([frameOf('initialize'), frameOf(0), frameOf(1)]);
  });

  it('completes after the last frame when it is terminated', async () => {
    const terminate$ = new Subject<void>();
    const frame$ = pluginOf(terminate$)(concat(of(initialize, initialized, read(1)), NEVER));
    const frames = await lastValueFrom(
      frame$.pipe(
        concatMap((frame) => {
          terminate$.next();
          return of(frame);
        }),
        toArray(),
      ),
    );

    expect(frames).toContainEqual(frameOf('initialize'));
  });

  it('starts a plugin for each subscription, and none before', async () => {
    const sent$ = new Subject<unknown>();
    const frame$ = pluginOf()(sent$);
    expect(sent$.observed).toBe(false);
    const both = [frame$, frame$].map((each$) => firstValueFrom(each$));
    sent$.next(initialize);

    expect(await Promise.all(both)).toEqual([frameOf('initialize'), frameOf('initialize')]);
    expect(sent$.observed).toBe(false);
  });

  it('unsubscribes from the frames of the host when unsubscribed', () => {
    const sent$ = new Subject<unknown>();
    const stop$ = new Subject<void>();
    pluginOf()(sent$)
      .pipe(takeUntil(stop$))
      .subscribe({ error: (error: unknown) => expect.unreachable(String(error)) });
    expect(sent$.observed).toBe(true);
    stop$.next();

    expect(sent$.observed).toBe(false);
  });
});
