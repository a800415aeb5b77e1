import { diffReport } from '../../ui/report/diff.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { diff } = await import('../../pipeline/diff.ts');
  const request = { before: call.operand(0), after: call.operand(1) };
  const { result, findings } = await diff(request, await call.openDeps());
  return { result, findings, report: (style) => diffReport(style, result, findings) };
}
