import { analyzeReport } from '../../ui/report/analyze.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const targets = call.words('target');
  const request = {
    model: call.operand(0),
    isDeep: call.has('deep'),
    bind: call.bindings(),
    ...(targets.length === 0 ? {} : { targets }),
  };
  const { analyze } = await import('../../pipeline/analyze.ts');
  const { result, findings } = await analyze(request, await call.openDeps());
  return { result, findings, report: (style) => analyzeReport(style, result, findings) };
}
