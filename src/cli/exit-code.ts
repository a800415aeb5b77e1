/** When findings end a command with exit code 3. */
import { type Finding, isAtLeast, type Severity } from '../base/findings.ts';
import type { Call } from './call.ts';

/** From --fail-on, else what the command says. */
export function failOn(call: Call): Severity | 'none' {
  return (call.text('fail-on') as Severity | undefined) ?? call.spec.failOn ?? 'none';
}

export function codeOf(findings: readonly Finding[], limit: Severity | 'none'): 0 | 3 {
  return limit !== 'none' && findings.some(({ severity }) => isAtLeast(severity, limit)) ? 3 : 0;
}
