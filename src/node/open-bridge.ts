import { map, shareReplay } from 'rxjs';
import { codexBridge } from '../bridge/bridge-overrides.js';
import { httpEndpoint } from '../bridge/http-endpoint.js';
import { httpListener } from '../bridge/http-listener.js';
import { createReusableEndpoints } from '../bridge/reuse-endpoints.js';
import { socketEndpoint } from '../bridge/socket-endpoint.js';
import { type BridgePlan, type BridgePorts, toolBridge } from '../bridge/tool-bridge.js';
import type { Ports } from '../ports.js';
import type { NodePortsOptions } from './ports-options.js';

/** Milliseconds that an endpoint outlives its turn: longer than the app-server keeps a thread. */
const KEPT_MS = 11_000;

/** The options of the bridge. */
export type BridgeOptions = Pick<NodePortsOptions, 'end$'> &
  Required<Pick<NodePortsOptions, 'config' | 'log' | 'callTool$' | 'relay' | 'socketBases'>>;

/** The tool bridge over HTTP on one port for all agents, or over the socket of a relay. */
export const openBridge = ({
  config,
  log,
  callTool$,
  relay,
  socketBases,
  end$,
}: BridgeOptions): Ports['bridge$'] => {
  // Open while an endpoint is open. One that failed is opened anew for the next endpoint.
  const listener$ = httpListener().pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const openEndpoint = createReusableEndpoints(Math.min(KEPT_MS, config.appServerIdleMs), end$);
  /**
   * The app-server keeps its connection between the turns of a thread; a relay ends with its turn.
   */
  const endpointOf =
    ({ agentId, workspace }: BridgePlan): BridgePorts['endpoint$'] =>
    (tools) => {
      if (config.bridge === 'stdio') return socketEndpoint(tools, socketBases, relay);
      return config.transport === 'exec'
        ? httpEndpoint(tools, listener$)
        : openEndpoint(JSON.stringify([agentId, workspace, tools]), httpEndpoint(tools, listener$));
    };
  return (turn, onNotice) =>
    toolBridge(turn.agentId, turn.tools, config.toolTimeoutMs, {
      endpoint$: endpointOf(turn),
      callTool$,
      log,
      onNotice,
    }).pipe(
      map((access) => codexBridge(turn.agentId, access, turn.tools.length, config.toolTimeoutMs)),
    );
};
