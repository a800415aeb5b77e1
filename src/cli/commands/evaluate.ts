import { evaluateReport } from '../../ui/report/evaluate.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const request = { original: call.operand(0), candidate: call.operand(1), data: call.data() };
  const { evaluate } = await import('../../pipeline/evaluate.ts');
  const { result, findings } = await evaluate(request, await call.openDeps());
  return { result, findings, report: (style) => evaluateReport(style, result, findings) };
}
