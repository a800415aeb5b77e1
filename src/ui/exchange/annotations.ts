/**
 * The findings of `nimify validate` as workflow commands, which GitHub Actions shows beside the lines of a pull request. Source:
 * "Workflow commands for GitHub Actions"; the escapes are those of its toolkit.
 */
import type { Finding, Severity } from '../../base/findings.ts';
import { type FindingsContext, placed } from './findings.ts';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<Severity, string>;

/** A line for each finding. */
export function annotationText(findings: readonly Finding[], context: FindingsContext): string {
  return placed(findings, context)
    .map(({ finding, sentence, path, line }) => {
      const place = `file=${property(path)}${line === null ? '' : `,line=${line}`}`;
      return `::${COMMANDS[finding.severity]} ${place},title=${property(finding.code)}::${message(sentence)}\n`;
    })
    .join('');
}

function message(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(value: string): string {
  return message(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
