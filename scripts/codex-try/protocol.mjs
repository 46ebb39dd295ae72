// The protocol of the app-server by version, as `generate-json-schema` prints it, in a digest: the
// names of methods, items and errors, and the fields of what the plugin sends and reads.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {Record<string, string[]>} Digest names by what they name; fields as `requests
 * turn/start`
 */

/** What the plugin sends, and what it reads. */
const SENT = [
  'initialize',
  'thread/start',
  'thread/resume',
  'thread/unsubscribe',
  'thread/backgroundTerminals/clean',
  'turn/start',
  'turn/interrupt',
];
const READ = [
  'error',
  'item/agentMessage/delta',
  'item/completed',
  'item/reasoning/summaryPartAdded',
  'item/reasoning/summaryTextDelta',
  'item/started',
  'thread/tokenUsage/updated',
  'turn/completed',
  'turn/plan/updated',
  'turn/started',
  'warning',
];

/** @param {any} definitions @param {any} schema @returns {any} */
const resolved = (definitions, schema) =>
  typeof schema?.$ref === 'string' ? definitions[schema.$ref.split('/').at(-1)] : schema;

/** Fields, a required one with `!`. @param {any} schema @returns {string[]} */
const fieldsOf = (schema) =>
  Object.keys(schema?.properties ?? {})
    .map((name) => (schema.required?.includes(name) === true ? `${name}!` : name))
    .sort();

/** @param {any} schema of methods @returns {Map<string, any>} their params */
const methodsOf = ({ oneOf, definitions }) =>
  new Map(
    oneOf.map((/** @type {any} */ { properties }) => [
      properties.method.enum[0],
      resolved(definitions, properties.params),
    ]),
  );

/** The names of a type's variants. @param {any} schema @returns {string[]} */
const variantsOf = (schema) =>
  (schema?.oneOf ?? schema?.anyOf ?? [schema])
    .flatMap((/** @type {any} */ one) => {
      const tag = one?.properties?.type?.enum;
      return tag ?? one?.enum ?? Object.keys(one?.properties ?? {});
    })
    .sort();

/** @param {string} folder of the schema files @returns {Digest} */
const digestOf = (folder) => {
  const read = (/** @type {string} */ name) =>
    JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
  const [requests, notifications] = [read('ClientRequest'), read('ServerNotification')];
  const [sent, told] = [methodsOf(requests), methodsOf(notifications)];
  const { ThreadItem, CodexErrorInfo } = notifications.definitions;
  return {
    requests: [...sent.keys()].sort(),
    notifications: [...told.keys()].sort(),
    'server requests': [...methodsOf(read('ServerRequest')).keys()].sort(),
    items: variantsOf(ThreadItem),
    errors: variantsOf(CodexErrorInfo),
    ...Object.fromEntries(
      [
        ...SENT.map((name) => [`requests ${name}`, sent.get(name)]),
        ...READ.map((name) => [`notifications ${name}`, told.get(name)]),
      ].map(([name, params]) => [name, fieldsOf(params)]),
    ),
  };
};

/** @param {string} file the native codex @returns {Digest} */
export const askDigest = (file) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-schema-'));
  try {
    const args = ['app-server', 'generate-json-schema', '--experimental', '--out', dir];
    execFileSync(file, args, { env: { HOME: dir, CODEX_HOME: dir }, stdio: 'ignore' });
    return digestOf(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** @param {string} version */
export const digestFile = (version) =>
  fileURLToPath(new URL(`protocols/${version}.txt`, import.meta.url));

/** The committed digest of a version. @param {string} version @returns {Digest | undefined} */
export const knownDigest = (version) =>
  existsSync(digestFile(version))
    ? Object.fromEntries(
        readFileSync(digestFile(version), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => line.split(': '))
          .map(([list = '', names = '']) => [list, names.split(' ').filter((name) => name !== '')]),
      )
    : undefined;

/** A list a line. @param {Digest} digest */
export const digestText = (digest) =>
  Object.entries(digest)
    .map(([list, names]) => `${list}: ${names.join(' ')}\n`)
    .join('');

/**
 * @param {Digest} digest @param {Digest} before @returns {string[]} the names that only the first
 * has, a line for each list
 */
export const moreNames = (digest, before) =>
  Object.entries(digest).flatMap(([list, names]) => {
    const more = names.filter((name) => before[list]?.includes(name) !== true);
    return more.length === 0 ? [] : [`${list}: ${more.join(', ')}`];
  });
