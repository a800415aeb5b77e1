import { lineageReport } from '../../ui/report/lineage.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { catalogLineage } = await import('../../pipeline/catalog.ts');
  const id = call.operand(0);
  const { result: graph, findings } = await catalogLineage({ id }, await call.openDeps());
  return { result: { graph }, findings, report: (style) => lineageReport(style, graph, id) };
}
