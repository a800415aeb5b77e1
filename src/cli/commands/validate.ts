import { validateReport } from '../../ui/report/validate.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const { validate } = await import('../../pipeline/validate.ts');
  const folder = call.operand(0);
  const { result, findings } = await validate({ folder }, await call.openDeps());
  return { result, findings, report: (style) => validateReport(style, result, findings, folder) };
}
