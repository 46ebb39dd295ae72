import type { Ports, ProcessSignal, Turn, TurnEvent } from 'plexum-openai-provider';
import {
  codexOutput,
  exampleTurn,
  fakePorts,
  type LogCall,
  type Marbles,
  marbles,
  quietRun,
  THREAD,
  turnEvents,
} from 'plexum-openai-provider/testing';
import type { TestScheduler } from 'rxjs/testing';
import { describe, expectTypeOf, it } from 'vitest';

describe('marbles', () => {
  it('turns a test with the helpers of TestScheduler into a function for it()', () => {
    expectTypeOf(marbles).returns.toEqualTypeOf<() => void>();
    expectTypeOf<Marbles>().toEqualTypeOf<Parameters<Parameters<TestScheduler['run']>[0]>[0]>();
  });
});

describe('turnEvents', () => {
  it('keeps the type of each event', () => {
    expectTypeOf(turnEvents.M.type).toEqualTypeOf<'message_start'>();
    expectTypeOf(turnEvents).toExtend<Readonly<Record<string, TurnEvent>>>();
  });
});

describe('codexOutput', () => {
  it('holds process signals', () => {
    expectTypeOf(codexOutput).toExtend<Readonly<Record<string, ProcessSignal>>>();
  });
});

describe('fakePorts', () => {
  it('accepts any ports and returns all of them with the log', () => {
    expectTypeOf(fakePorts).parameter(0).toEqualTypeOf<Partial<Ports> | undefined>();
    expectTypeOf(fakePorts).returns.toEqualTypeOf<{
      readonly ports: Ports;
      readonly logs: LogCall[];
    }>();
    expectTypeOf(exampleTurn).toEqualTypeOf<Turn>();
    expectTypeOf(quietRun.args).toEqualTypeOf<readonly string[]>();
    expectTypeOf(THREAD).toBeString();
  });
});
