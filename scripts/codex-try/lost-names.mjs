// What of the app-server's protocol the plugin uses, and a version no longer has.

/** @typedef {import('./protocol.mjs').Digest} Digest */

/** Fields of the requests that the plugin sends, and of the notifications that it reads. */
const FIELDS = new Set([
  ...['approvalPolicy', 'capabilities', 'clientInfo', 'config', 'cwd', 'developerInstructions'],
  ...['excludeTurns', 'input', 'model', 'outputSchema', 'sandbox', 'threadId', 'turnId'],
  ...['delta', 'error', 'item', 'itemId', 'message', 'summaryIndex', 'tokenUsage', 'turn'],
]);
/** Requests that it sends, and of which the digest has no fields. */
const REQUESTS = new Set([
  ...['account/rateLimits/read', 'account/read', 'config/read', 'hooks/list', 'model/list'],
  ...['thread/archive', 'thread/inject_items', 'thread/unarchive'],
]);

/** @param {string} field with `!` when it is required */
const bare = (field) => field.replace(/!$/, '');

/**
 * What the plugin sends or reads and is gone, and what a request requires now that it does not
 * send. A field that is no longer required is not lost. @param {Digest} now @param {Digest} before
 * @returns {string[]} a line for each list
 */
export const lostNames = (now, before) =>
  Object.keys({ ...before, ...now }).flatMap((list) => {
    const used = list === 'requests' ? REQUESTS : FIELDS;
    if (list !== 'requests' && !/^(?:requests|notifications) /.test(list)) return [];
    const [names, old] = [now[list] ?? [], before[list] ?? []];
    const has = new Set(names.map(bare));
    const gone = old.map(bare).filter((name) => used.has(name) && !has.has(name));
    const required = list.startsWith('requests ')
      ? names.filter((name) => name.endsWith('!') && !used.has(bare(name)) && !old.includes(name))
      : [];
    const lost = [...gone, ...required];
    return lost.length === 0 ? [] : [`${list}: ${lost.join(', ')}`];
  });
