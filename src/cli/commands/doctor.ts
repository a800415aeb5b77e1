import { doctorReport } from '../../ui/report/doctor.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { diagnose } = await import('../../pipeline/doctor.ts');
  const { result, findings } = await diagnose(await call.openDeps());
  return { result, findings, report: (style) => doctorReport(style, result) };
}
