import { describe, expect, it } from 'vitest';
import { lostNames } from '../../scripts/codex-try/lost-names.mjs';
import { knownDigest, moreNames } from '../../scripts/codex-try/protocol.mjs';
import { execItem, UNPRINTED } from '../../src/codex/app-server/exec-item.js';
import { notificationOf } from '../../src/codex/app-server/notification.js';
import { TESTED } from '../../src/codex/versions.js';

const digests = TESTED.map(({ version }) => ({ version, digest: knownDigest(version) ?? {} }));

/** Whether a notification of a turn or of an item is neither read nor ignored on purpose. */
const isUnknown = (method: string): boolean => {
  const frame = notificationOf({ method, params: { threadId: 't' } });
  return frame?.method === 'odd';
};
/** These are read: without their fields they are odd. */
const READ = [
  'item/agentMessage/delta',
  'item/completed',
  'item/reasoning/summaryPartAdded',
  'item/reasoning/summaryTextDelta',
  'item/started',
  'turn/completed',
  'turn/plan/updated',
  'turn/started',
];

describe('knownDigest', () => {
  it.each(digests)('has the protocol of codex $version', ({ digest }) => {
    expect(digest['requests']?.length).toBeGreaterThan(100);
    expect(digest['requests turn/start']).toContain('threadId!');
  });

  it.each(digests)('has no item of codex $version that the plugin does not know', ({ digest }) => {
    const unknown = (digest['items'] ?? []).filter(
      (type) => !UNPRINTED.has(type) && execItem({ type, id: 'i' }) === undefined,
    );
    expect(unknown).toEqual([]);
  });

  it.each(digests)('has no notification of codex $version that would be odd', ({ digest }) => {
    const ofTurns = (digest['notifications'] ?? []).filter((name) => /^(item|turn)\//.test(name));
    expect(ofTurns.length).toBeGreaterThan(READ.length);
    expect(ofTurns.filter((name) => isUnknown(name) && !READ.includes(name))).toEqual([]);
  });

  it('is undefined for a version that nobody has tested', () => {
    expect(knownDigest('0.999.0')).toBeUndefined();
  });
});

describe('moreNames', () => {
  it('lists what only the first digest has, a line for each list', () => {
    expect(moreNames({ a: ['x', 'y', 'z'], b: ['x'], c: ['q'] }, { a: ['y'], b: ['x'] })).toEqual([
      'a: x, z',
      'c: q',
    ]);
  });
});

describe('lostNames', () => {
  const before = {
    requests: ['hooks/list', 'memory/status'],
    'requests turn/start': ['input!', 'model', 'persistExtendedHistory', 'threadId!'],
    'notifications error': ['error!', 'other!'],
  };

  it('lists fields that the plugin sends or reads and that are gone, and no others', () => {
    const now = {
      requests: [],
      'requests turn/start': ['input', 'threadId!'],
      'notifications error': [],
    };
    expect(lostNames(now, before)).toEqual([
      'requests: hooks/list',
      'requests turn/start: model',
      'notifications error: error',
    ]);
    expect(lostNames({}, before)).toContain('requests turn/start: input, model, threadId');
  });

  it('lists a field that a request requires now, and the plugin does not send', () => {
    const now = { ...before, 'requests turn/start': ['input!', 'model!', 'threadId!', 'key!'] };
    expect(lostNames(now, before)).toEqual(['requests turn/start: key!']);
  });

  it('finds nothing lost between the tested versions', () => {
    const lost = digests.flatMap(({ digest }, nth) =>
      nth === 0 ? [] : lostNames(digest, digests[nth - 1]?.digest ?? {}),
    );
    expect(lost).toEqual([]);
  });
});
