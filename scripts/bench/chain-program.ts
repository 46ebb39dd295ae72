// What the measurements need of src/.
export { BehaviorSubject, NEVER } from 'rxjs';
export { execArgs } from '../../src/codex/exec/exec-args.js';
export { warmUp } from '../../src/codex/exec/find-codex.js';
export { resolveBinary } from '../../src/codex/exec/resolve-binary.js';
export { nodePorts } from '../../src/node/ports.js';
export { defaultConfig } from '../../src/plexum/config.js';
export { mutateSession } from '../../src/session/mutate-session.js';
export { runTurn } from '../../src/turn/run-turn.js';
