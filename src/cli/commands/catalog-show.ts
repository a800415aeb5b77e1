import { versionReport } from '../../ui/report/catalog.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { catalogShow } = await import('../../pipeline/catalog.ts');
  const { result: version, findings } = await catalogShow({ id: call.operand(0) }, await call.openDeps());
  return { result: { version }, findings, report: (style) => versionReport(style, version) };
}
