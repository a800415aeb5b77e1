/** What a client of the V2 protocol did wrong or met; it becomes `{"error": message}` and never leaves this room. */

/** HTTP status of each kind of failure, as Triton's HTTP front end maps its status codes. */
const STATUS = {
  invalid: 400,
  notFound: 404,
  methodNotAllowed: 405,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
} as const;

export type FailureKind = keyof typeof STATUS;

export class ProtocolError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: FailureKind, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'ProtocolError';
    this.status = STATUS[kind];
    this.headers = headers;
  }
}

/** The commonest one: a request that breaks a rule. */
export function invalid(message: string): ProtocolError {
  return new ProtocolError('invalid', message);
}
