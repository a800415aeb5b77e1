import { conditionReport } from '../../ui/report/catalog-condition.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { catalogVerify } = await import('../../pipeline/catalog.ts');
  const { result, findings } = await catalogVerify(await call.openDeps());
  return { result, findings, report: (style) => conditionReport(style, result, findings) };
}
