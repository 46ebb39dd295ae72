import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { sayArguments } from '../../../src/cli/say/arguments.js';

const defaults = {
  agentId: 'say',
  workspace: '/here',
  modelId: 'codex',
  tools: undefined,
  schema: undefined,
  record: undefined,
  isNew: false,
  json: false,
  thinking: false,
  text: undefined,
};
const read = (...args: string[]) => sayArguments(args, '/here');

describe('sayArguments', () => {
  it('takes defaults for missing arguments', () => {
    expect(read()).toEqual(right(defaults));
    expect(read('hello')).toEqual(right({ ...defaults, text: 'hello' }));
    expect(read('-')).toEqual(right({ ...defaults, text: '-' }));
  });

  it('takes options before and after the text', () => {
    const given = [
      '--agent-id',
      'a',
      '--workspace=../w',
      'hello',
      '--model',
      'm',
      '--tools',
      't',
      '--record',
      'r',
      '--new',
      '--json',
      '--thinking',
    ];
    expect(read(...given)).toEqual(
      right({
        agentId: 'a',
        workspace: '/w',
        modelId: 'm',
        tools: 't',
        record: 'r',
        isNew: true,
        json: true,
        thinking: true,
        text: 'hello',
      }),
    );
  });

  it.each([['--help'], ['-h']])('asks for the help with %s, whatever else it gets', (flag) => {
    expect(read('--nope', flag, '--model')).toEqual(right('help'));
  });

  it('takes any text after "--"', () => {
    expect(read('--new', '--', '--json')).toEqual(
      right({ ...defaults, isNew: true, text: '--json' }),
    );
  });

  it.each<[string[], string]>([
    [['--nope'], `unknown option '--nope'; a text that begins with "-" goes after "--"`],
    [['-x'], `unknown option '-x'; a text that begins with "-" goes after "--"`],
    [['--model'], "Option '--model <value>' argument missing"],
    [['--new=1'], "Option '--new' does not take an argument"],
    [['--model='], '--model needs a value'],
    [['--workspace', 'a\0'], '--workspace needs a value'],
    [['a', 'b', 'c'], 'one text is said in a turn, and these are 3: put it in quotes'],
    [[' \n'], 'the text is empty'],
  ])('rejects %j', (args, reason) => {
    expect(read(...args)).toEqual(left(reason));
  });
});
