/**
 * What every SARIF document of ours shares. Source: OASIS Static Analysis Results Interchange Format 2.1.0 with errata 01.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, relative } from 'node:path';
import type { Severity } from '../../base/findings.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

export const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

/** One run as text, in plain ASCII, with a line end. */
export function sarifDocument(version: string, rules: readonly object[], results: readonly object[]): string {
  const driver = { name: 'nimify', semanticVersion: version, version, rules };
  const run = { tool: { driver }, columnKind: 'utf16CodeUnits', results };
  const document = { $schema: SCHEMA, version: '2.1.0', runs: [run] };
  return `${JSON.stringify(document, null, 2).replaceAll(/[\u007f-\uffff]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The same result in the next run has the same one. */
export function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

/**
 * Relative to the working folder where the file is below it, as code scanning needs it, else `inside`; percent-encoded.
 * @param inside the path within what was looked at
 */
export function uriOf(file: string, inside: string, cwd: string): string {
  return nearPath(file, inside, cwd).split('/').map(encodeStep).join('/');
}

/** As `uriOf`, as it is. */
export function nearPath(file: string, inside: string, cwd: string): string {
  const near = relative(cwd, file);
  const isBelow = near !== '' && !near.startsWith('..') && !isAbsolute(near);
  return isBelow ? near.replaceAll('\\', '/') : inside;
}

/** As RFC 3986 asks for a segment; lone surrogates cannot be encoded and are replaced. */
function encodeStep(step: string): string {
  const encoded = encodeURIComponent(step.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  return encoded.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
