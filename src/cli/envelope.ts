/** The one JSON document on standard output. Fields are only ever added within a schema version. */
import type { NimifyError } from '../base/errors.ts';
import type { Finding } from '../base/findings.ts';
import { findingSentence } from '../ui/findings.ts';

const SCHEMA_VERSION = 1;

export interface Envelope {
  /** `catalog list`, or `nimify` when no command was recognized. */
  readonly command: string;
  /** True exactly when the exit code is 0. */
  readonly isOk: boolean;
  readonly outcome: { readonly result: unknown } | { readonly error: NimifyError };
  readonly findings: readonly Finding[];
}

export function envelopeText({ command, isOk, outcome, findings }: Envelope): string {
  const document = {
    schemaVersion: SCHEMA_VERSION,
    command,
    ok: isOk,
    ...outcome,
    findings: findings.map((item) => ({ ...item, message: findingSentence(item) })),
  };
  return `${JSON.stringify(document, plainNumbers, 2)}\n`;
}

/** JSON has no big integers: they become numbers where that is exact, else text. */
function plainNumbers(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
