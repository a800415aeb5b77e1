import { analyzeReport } from '../../ui/report/analyze.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { analyze } = await import('../../pipeline/analyze.ts');
  const { result, findings } = await analyze({ model: call.operand(0) }, await call.openDeps());
  return { result, findings, report: (style) => analyzeReport(style, result, findings) };
}
