// The records of a rollout as codex 0.169 writes them.

/** Bytes of the output of a call. */
const [SMALLEST, BIGGEST] = [2_000, 40_000];

/**
 * The records of one tool call, and those that codex writes around it. The output is a piece of
 * `pool`.
 * @param {string} id @param {() => number} random numbers from 0 to 1 @param {string} pool
 */
export const recordsOf = (id, random, pool) => {
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
    // The same output again, for the screen of codex.
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
