import { EXECUTABLE } from '../../plexum/methods.js';

export const HELP = `${EXECUTABLE} repl: turns of codex as RxJS Observables, by the config of the profile

  turn$('hello').subscribe(console.log)        a turn in the current folder: canonical events
  await lastValueFrom(turn$('hello'))          its last event; const s = ….subscribe(); s.unsubscribe() ends the turn
  marbles(turn$('hello'))                      draws it while it runs
  events$('hello')                             what codex prints, decoded: thread.started, item.completed, …
  codex$('hello')                              the output of its process: {type: 'stdout', chunk}… {type: 'exited'}
  codex$('hello').pipe(codexSignals(), toCanonical({ threadId: '' }))
  host.turn$('hello')                          the same turn over the wire, by a plugin server in this process
  await host.request('plexum/manifest/read')   any other request; see also host.logs$ and host.frames$

  Options: turn$(text, { workspace, agentId, model, newThread, images, config, cancel$, signal,
                         outputSchema, tools: [{ name, description, inputSchema, run: (args) => result }] })

  All of rxjs is in scope, and splitLines, parseJson, decodeEvent, codexSignals, toCanonical. await works at the top level.
  Ctrl-C cancels the running turns. .help prints the commands, .names this text; .exit and Ctrl-D close the session.
`;
