import type { ErrorKind } from '../canonical/turn-event.js';

/**
 * A refusal of a request, as the JSON-RPC error `{code, message, data: {kind}}`; `data.retryable`
 * is true when the same request may succeed later.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: { readonly kind: ErrorKind | 'unknown_method'; readonly retryable?: true };
  constructor(code: number, message: string, kind: ErrorKind | 'unknown_method') {
    super(message);
    this.code = code;
    this.data = code === LATER ? { kind, retryable: true } : { kind };
  }
}

/** The code of a refusal for now. */
const LATER = -32000;

/** A refusal for now. */
export const tryLater = (message: string, kind: ErrorKind): RpcError =>
  new RpcError(LATER, message, kind);

export const invalidParams = (message: string, kind: ErrorKind = 'invalid_request'): RpcError =>
  new RpcError(-32602, message, kind);
export const unknownMethod = (name: string): RpcError =>
  new RpcError(-32601, `unknown method ${JSON.stringify(name.slice(0, 80))}`, 'unknown_method');
export const internalError = (message: string, kind: ErrorKind = 'internal'): RpcError =>
  new RpcError(-32603, message, kind);
