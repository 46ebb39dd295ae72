// Writes the steps of a reply as the server-sent events of the OpenAI Responses API.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('./model-server.mjs').Step} Step */
/** @typedef {import('./model-server.mjs').WireUsage} WireUsage */

/** @param {number} input_tokens @returns {WireUsage} */
const usage = (input_tokens) => ({
  input_tokens,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: input_tokens + 20,
});

/**
 * Writes a whole response; `nth` makes its ids unique. @param {import('node:http').ServerResponse}
 * response @param {Step[]} steps @param {number} nth
 */
export const writeResponse = async (response, steps, nth) => {
  const refusal = steps.find((step) => step.status !== undefined);
  if (refusal?.status !== undefined) {
    return void response
      .writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers })
      .end(JSON.stringify(refusal.body ?? {}));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  /** @param {string} type @param {object} fields */
  const send = (type, fields) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  const id = `resp_${nth}`;
  send('response.created', { response: { id } });
  for (const [index, step] of steps.entries()) {
    if (step.cut === true) return void response.destroy();
    if (step.hang === true) {
      await once(response, 'close');
      return;
    }
    if (step.failed !== undefined)
      return void response.end(
        `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response: { id, error: step.failed } })}\n\n`,
      );
    await item(send, step, `${nth}_${index}`, index);
  }
  send('response.completed', {
    response: { id, usage: usage(steps.find(({ tokens }) => tokens !== undefined)?.tokens ?? 100) },
  });
  response.end();
};

/**
 * @param {(type: string, fields: object) => void} send @param {Step} step @param {string} key
 * @param {number} output_index
 */
const item = async (send, step, key, output_index) => {
  if (step.text !== undefined) {
    const message = { type: 'message', role: 'assistant', id: `msg_${key}` };
    send('response.output_item.added', { output_index, item: { ...message, content: [] } });
    for (const delta of pieces(step.text, step.deltas ?? 1)) {
      send('response.output_text.delta', {
        output_index,
        item_id: message.id,
        content_index: 0,
        delta,
      });
      await sleep(step.pauseMs ?? 0);
    }
    send('response.output_item.done', {
      output_index,
      item: { ...message, content: [{ type: 'output_text', text: step.text }] },
    });
  }
  if (step.reasoning !== undefined) {
    const summary = step.reasoning.map((text) => ({ type: 'summary_text', text }));
    send('response.output_item.done', {
      output_index,
      item: {
        type: 'reasoning',
        id: `rs_${key}`,
        summary,
        ...(step.encrypted === undefined ? {} : { encrypted_content: step.encrypted }),
      },
    });
  }
  if (step.call !== undefined) {
    const args = step.call.json ?? JSON.stringify(step.call.arguments);
    send('response.output_item.done', {
      output_index,
      item: {
        type: 'function_call',
        id: `fc_${key}`,
        call_id: `call_${key}`,
        ...step.call,
        arguments: args,
      },
    });
  }
  if (step.custom !== undefined) {
    send('response.output_item.done', {
      output_index,
      item: { type: 'custom_tool_call', id: `ctc_${key}`, call_id: `call_${key}`, ...step.custom },
    });
  }
};

/** @param {string} text @param {number} count */
const pieces = (text, count) => {
  const letters = Array.from(text);
  const size = Math.max(1, Math.ceil(letters.length / count));
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, i) =>
    letters.slice(i * size, (i + 1) * size).join(''),
  );
};
