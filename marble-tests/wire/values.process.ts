import { describe, expect, it } from 'vitest';
import { turnParams, withTools } from '../../scripts/lib/host.mjs';
import { type ModelRequest, userTexts } from '../../scripts/lib/model-server.mjs';
import { openLab, realCodex } from '../support/lab.js';

/** Arguments and structured content that JavaScript would change, and no version of codex does. */
const EXACT = '{"n":12345678901234567890,"f":1.5,"10":{"9":true,"1":-9223372036854775808},"9":[]}';
/** Texts that one side or the other reads differently. */
const ODD = 'a\u0000b\u2028\u2029\uFFFF\uFEFF🎉"\\ud83d"';

const isAnswered = ({ input }: ModelRequest): boolean =>
  input.at(-1)?.type?.endsWith('_call_output') === true;
const call = (json: string) => ({
  call: { namespace: 'mcp__plexum_host_demo_agent', name: 'keep', json },
});

describe('values that one side can hold and the other cannot', () => {
  it.each(['http', 'stdio'])(
    'pass the bridge over %s unchanged, in both directions',
    async (bridge) => {
      await using lab = await openLab((request) =>
        isAnswered(request) ? [{ text: ODD }] : [call(EXACT)],
      );
      lab.configure({ binary: realCodex, bridge, bridge_required: true });
      const plugin = await lab.start();
      let frames = '';
      plugin.child.stdout.on('data', (text: string) => {
        frames += text;
        const [, id] = /"method":"plexum\/host\/tool\/execute".*"id":(\d+)\}\n/.exec(frames) ?? [];
        if (id === undefined) return;
        frames = frames.replace('plexum/host/tool/execute', 'answered');
        plugin.child.stdin.write(
          `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":${EXACT}}}\n`,
        );
      });
      const schema = { type: 'object', properties: { 10: {}, 9: {} } };
      const turn = plugin.stream(
        withTools(turnParams(lab.workspace, ODD, 'gpt-5.5'), [
          { name: 'keep', inputSchema: schema },
        ]),
      );

      expect((await turn.response)['result'].outcome).toBe('completed');
      expect(frames).toContain(`"arguments":${EXACT}`);
      const output = JSON.stringify(lab.model.requests[1]?.input.at(-1)?.output);
      expect(output).toContain(JSON.stringify(EXACT).slice(1, -1));
      expect(JSON.stringify(lab.model.requests[0]?.input)).toContain(
        JSON.stringify(ODD).slice(1, -1),
      );
      const texts = turn.events.map(({ event }) => (event.type === 'text_delta' ? event.text : ''));
      expect(texts.join('')).toBe(ODD);
    },
  );

  it('do not stop a turn, nor those of other agents: half a character, U+FEFF at the beginning', async () => {
    await using lab = await openLab((request) => [{ text: isAnswered(request) ? '' : 'fine' }]);
    const plugin = await lab.start();
    const turns = [
      plugin.stream(turnParams(lab.workspace, 'half \uD83D')),
      plugin.stream(turnParams(lab.at('home'), '\uFEFFwhole')),
    ];
    const refused = plugin.stream(turnParams(lab.workspace, 'hi', 'gpt-5.5\uD83D'));

    expect((await refused.response)['error']).toMatchObject({ code: -32602 });
    for (const { response } of turns) expect((await response)['result'].outcome).toBe('completed');
    const sent = lab.model.requests.flatMap(userTexts);
    expect(sent.toSorted()).toEqual(['half \uFFFD', '\uFEFFwhole']);
    expect(plugin.logs.map(({ data }) => data.msg)).toContainEqual(
      expect.stringContaining('half a character'),
    );
  });
});
