import {
  type Cancel,
  type CodexSignal,
  codex$,
  codexSignals,
  createWorkspaceQueue,
  type Decoded,
  type Drawing,
  decodeEvent,
  defaultConfig,
  drawMarbles,
  events$,
  type Frame,
  isTerminal,
  type Line,
  type LogMessage,
  localHost,
  mutateSession,
  nodePorts,
  oneTerminal,
  type Parsed,
  type Ports,
  type ProcessSignal,
  parseConfig,
  parseJson,
  RefusedError,
  runTurn,
  spawnCodex,
  splitLines,
  type Terminal,
  type ToolEvent,
  type Turn,
  type TurnEvent,
  type TurnOptions,
  toCanonical,
  turn$,
  turnRecords,
  type WorkspaceQueue,
} from 'plexum-openai-provider';
import type { MonoTypeOperatorFunction, Observable, OperatorFunction } from 'rxjs';
import { NEVER, of } from 'rxjs';
import { describe, expectTypeOf, it } from 'vitest';

declare const event: TurnEvent;

describe('turn$', () => {
  it('returns the events of a turn', () => {
    expectTypeOf(turn$('hi')).toEqualTypeOf<Observable<TurnEvent>>();
    expectTypeOf(turn$).parameter(1).toEqualTypeOf<TurnOptions | undefined>();
  });

  it('accepts a signal, cancel$, tools and undefined options', () => {
    expectTypeOf(turn$).toBeCallableWith('hi', { signal: AbortSignal.timeout(1) });
    expectTypeOf(turn$).toBeCallableWith('hi', { signal: undefined, cancel$: undefined });
    expectTypeOf(turn$).toBeCallableWith('hi', { cancel$: of(1) });
    expectTypeOf(turn$).toBeCallableWith('hi', { tools: [{ name: 'add', run: ({ a }) => a }] });
  });

  it('rejects unknown options and options of a wrong type', () => {
    // @ts-expect-error -- workspace is a path
    expectTypeOf(turn$).toBeCallableWith('hi', { workspace: 7 });
    // @ts-expect-error -- there is no such option
    expectTypeOf(turn$).toBeCallableWith('hi', { workspce: '/w' });
    // @ts-expect-error -- a controller is not a signal
    expectTypeOf(turn$).toBeCallableWith('hi', { signal: new AbortController() });
  });
});

describe('codex$', () => {
  it('returns the signals of the process', () => {
    expectTypeOf(codex$('hi')).toEqualTypeOf<Observable<ProcessSignal>>();
  });

  it('accepts a signal, but no tools', () => {
    expectTypeOf(codex$).toBeCallableWith('hi', { signal: AbortSignal.timeout(1) });
    // @ts-expect-error -- codex$ has no tools
    expectTypeOf(codex$).toBeCallableWith('hi', { tools: [] });
  });
});

describe('events$', () => {
  it('returns the decoded signals of codex', () => {
    expectTypeOf(events$('hi')).toEqualTypeOf<Observable<CodexSignal>>();
  });
});

describe('splitLines', () => {
  it('turns bytes into lines', () => {
    expectTypeOf(splitLines()).toEqualTypeOf<OperatorFunction<Uint8Array, Line>>();
    expectTypeOf(of(Buffer.from('')).pipe(splitLines(1_024))).toEqualTypeOf<Observable<Line>>();
  });
});

describe('parseJson', () => {
  it('turns lines into parsed values', () => {
    expectTypeOf(parseJson()).toEqualTypeOf<OperatorFunction<Line, Parsed>>();
  });
});

describe('decodeEvent', () => {
  it('turns parsed values into decoded events', () => {
    expectTypeOf(decodeEvent()).toEqualTypeOf<OperatorFunction<Parsed, Decoded>>();
  });
});

describe('codexSignals', () => {
  it('turns process signals into codex signals', () => {
    expectTypeOf(codexSignals()).toEqualTypeOf<OperatorFunction<ProcessSignal, CodexSignal>>();
    // @ts-expect-error -- bytes are not process signals
    void of(new Uint8Array()).pipe(codexSignals());
  });
});

describe('toCanonical', () => {
  it('turns codex signals into turn events', () => {
    const event$ = events$('hi').pipe(toCanonical({ threadId: '' }));
    expectTypeOf(event$).toEqualTypeOf<Observable<TurnEvent>>();
  });
});

describe('oneTerminal', () => {
  it('keeps the type of turn events', () => {
    expectTypeOf(oneTerminal).parameter(0).toEqualTypeOf<() => Terminal>();
    expectTypeOf(oneTerminal).returns.toEqualTypeOf<MonoTypeOperatorFunction<TurnEvent>>();
  });
});

describe('turnRecords', () => {
  it('turns parsed lines into the records of a turn', () => {
    expectTypeOf(turnRecords).returns.toExtend<OperatorFunction<Parsed, unknown>>();
  });
});

describe('drawMarbles', () => {
  it('accepts any source and returns pieces and the drawing', () => {
    expectTypeOf(drawMarbles(NEVER)).toEqualTypeOf<
      Observable<{ readonly piece: string } | Drawing>
    >();
  });
});

describe('isTerminal', () => {
  it('narrows an event to a terminal event', () => {
    if (isTerminal(event)) expectTypeOf(event).toEqualTypeOf<Terminal>();
    expectTypeOf<Terminal['type']>().toEqualTypeOf<'message_end' | 'error'>();
    expectTypeOf<ToolEvent>().toExtend<TurnEvent>();
  });
});

describe('runTurn', () => {
  it('returns the events of a turn for a cancel and ports', () => {
    expectTypeOf(runTurn).parameter(0).toEqualTypeOf<Turn>();
    expectTypeOf(runTurn).parameter(1).toEqualTypeOf<Observable<Cancel>>();
    expectTypeOf(runTurn).returns.toEqualTypeOf<Observable<TurnEvent>>();
  });
});

describe('mutateSession', () => {
  it('returns an Observable', () => {
    expectTypeOf(mutateSession).returns.toExtend<Observable<unknown>>();
  });
});

describe('spawnCodex', () => {
  it('returns the signals of a process', () => {
    expectTypeOf(spawnCodex).returns.toEqualTypeOf<Observable<ProcessSignal>>();
    expectTypeOf(spawnCodex).parameter(1).toEqualTypeOf<Observable<Cancel>>();
  });
});

describe('nodePorts', () => {
  it('returns ports that runTurn accepts', () => {
    expectTypeOf(nodePorts).returns.toExtend<Ports>();
  });
});

describe('createWorkspaceQueue', () => {
  it('returns a queue for the port inOrder', () => {
    expectTypeOf(createWorkspaceQueue).returns.toExtend<WorkspaceQueue>();
    expectTypeOf<Ports['inOrder']>().toEqualTypeOf<WorkspaceQueue>();
  });
});

describe('parseConfig', () => {
  it('yields a config of the type of defaultConfig', () => {
    expectTypeOf(parseConfig).returns.toExtend<{ readonly _tag: 'Left' | 'Right' }>();
    expectTypeOf(defaultConfig).toHaveProperty('graceMs').toEqualTypeOf<number>();
  });
});

describe('localHost', () => {
  it('has turns, requests, logs and frames', () => {
    const host = localHost();
    expectTypeOf(host.turn$('hi')).toEqualTypeOf<Observable<TurnEvent>>();
    expectTypeOf(host.request('ping')).resolves.toEqualTypeOf<Readonly<Record<string, unknown>>>();
    expectTypeOf(host.logs$).toEqualTypeOf<Observable<LogMessage>>();
    expectTypeOf(host.frames$).toEqualTypeOf<Observable<Frame>>();
    expectTypeOf<RefusedError>().toExtend<Error>();
  });
});
