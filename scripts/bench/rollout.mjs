// A rollout as codex 0.169 writes it after weeks of work, always the same one.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/**
 * @typedef {{ bytes: number, calls: readonly string[] }} Rollout `calls` are the ids of its tool
 * calls, in order
 */

const PIECE = 1024 * 1024;
const [SMALLEST, BIGGEST] = [2_000, 40_000];
const PROSE = [
  'src/session/call-lines.ts:57:  const line = bytes.subarray(at, feed === -1 ? bytes.length : feed);\n',
  '   Compiling serde_json v1.0.140\n\twarning: unused variable: `call_id`\n',
  '{"call_id": "call_quoted", "type": "function_call_output", "output": "C:\\\\temp\\\\log"}\n',
  'Der Leser nimmt eine Zeile – auch „größere“ – und reicht sie weiter; l’été → 冬\n',
  '-rw-r--r-- 1 agent agent 40213 Nov 20 23:43 rollout-2026-11-20.jsonl\n',
];

/** Numbers from 0 to 1, the same in every run (mulberry32). @param {number} seed */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

/**
 * The records of one tool call and what codex writes around it. @param {string} id @param {() =>
 * number} random @param {string} pool
 */
const recordsOf = (id, random, pool) => {
  const size = Math.round(SMALLEST * (BIGGEST / SMALLEST) ** random());
  const from = Math.floor(random() * (pool.length - size));
  const output = pool.slice(from, from + size);
  const custom = random() < 0.25;
  const turn_id = '01a1fb58-6655-73b3-afed-846890096a82';
  const metadata = { turn_id, create_time: 1_795_218_237.03, content_item_kinds: ['tool.output'] };
  const total = {
    input_tokens: 41_000,
    cached_input_tokens: 38_000,
    output_tokens: 900,
    reasoning_output_tokens: 300,
    total_tokens: 41_900,
  };
  const cmd = `rg --line-number "call_id" ${pool.slice(from, from + 120)}`;
  /** @type {[string, object][]} */
  const records = [
    [
      'response_item',
      { type: 'reasoning', id: `rs_${id}`, summary: [], encrypted_content: 'gAAAAAB'.repeat(200) },
    ],
    custom
      ? [
          'response_item',
          {
            type: 'custom_tool_call',
            status: 'completed',
            call_id: id,
            name: 'exec',
            input: `text(await tools.exec_command(${JSON.stringify({ cmd })}))`,
          },
        ]
      : [
          'response_item',
          {
            type: 'function_call',
            id: `fc_${id}`,
            name: 'exec_command',
            arguments: JSON.stringify({ cmd }),
            call_id: id,
          },
        ],
    ['token_usage_record', { turn_id, response_id: `resp_${id}`, usage: total }],
    [
      'event_msg',
      {
        type: 'token_count',
        info: { total_token_usage: total, last_token_usage: total, model_context_window: 272_000 },
        rate_limits: null,
      },
    ],
    // The output stands there twice.
    [
      'event_msg',
      {
        type: 'item_completed',
        turn_id,
        item: {
          type: 'CommandExecution',
          id,
          call_id: id,
          command: cmd,
          aggregated_output: output,
          exit_code: 0,
        },
      },
    ],
    custom
      ? [
          'response_item',
          {
            type: 'custom_tool_call_output',
            call_id: id,
            output: [{ type: 'input_text', text: output }],
            internal_chat_message_metadata_passthrough: metadata,
          },
        ]
      : [
          'response_item',
          {
            type: 'function_call_output',
            call_id: id,
            output,
            internal_chat_message_metadata_passthrough: metadata,
          },
        ],
  ];
  if (random() < 0.3)
    records.push(
      [
        'response_item',
        {
          type: 'message',
          id: `msg_${id}`,
          role: 'assistant',
          content: [{ type: 'output_text', text: output.slice(0, 1_500) }],
        },
      ],
      [
        'event_msg',
        {
          type: 'item_completed',
          turn_id,
          item: {
            type: 'AgentMessage',
            id: `msg_${id}`,
            content: [{ type: 'Text', text: output.slice(0, 1_500) }],
          },
        },
      ],
    );
  return records;
};

/**
 * Writes a rollout of at least so many bytes. @param {string} file @param {string} thread @param
 * {number} bytes @returns {Promise<Rollout>}
 */
export const writeRollout = async (file, thread, bytes) => {
  const random = seeded(4);
  let pool = '';
  while (pool.length < PIECE) pool += PROSE[Math.floor(random() * PROSE.length)] ?? '';
  const stream = createWriteStream(file);
  /** @type {string[]} */ const calls = [];
  let ordinal = 0;
  let written = 0;
  let batch = '';
  /** @param {[string, object]} record */
  const add = ([type, payload]) => {
    batch += `${JSON.stringify({ timestamp: '2026-11-20T23:43:57.015Z', ordinal: ordinal++, type, payload })}\n`;
  };
  const flush = async () => {
    const piece = Buffer.from(batch);
    written += piece.length;
    batch = '';
    if (!stream.write(piece)) await once(stream, 'drain');
  };
  add([
    'session_meta',
    {
      session_id: thread,
      id: thread,
      cwd: '/home/agent/space',
      originator: 'codex_exec',
      cli_version: '0.169.0',
      source: 'exec',
    },
  ]);
  while (written < bytes) {
    const id = `call_${Math.floor(random() * 2 ** 48).toString(36)}${calls.length.toString(36)}`;
    calls.push(id);
    for (const record of recordsOf(id, random, pool)) add(record);
    if (batch.length > PIECE) await flush();
  }
  await flush();
  stream.end();
  await once(stream, 'close');
  return { bytes: written, calls };
};
