import { generateReport } from '../../ui/report/generate.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const folder = call.operand(0);
  const { generate } = await import('../../pipeline/generate.ts');
  const request = { folder, isOverwriting: call.has('overwrite'), isDryRun: call.has('dry-run') };
  const { result, findings } = await generate(request, await call.openDeps());
  return { result, findings, report: (style) => generateReport(style, result, findings, folder) };
}
