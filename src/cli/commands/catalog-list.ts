import { versionsReport } from '../../ui/report/catalog.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const query = call.page();
  const { catalogList } = await import('../../pipeline/catalog.ts');
  const { result, findings } = await catalogList(query, await call.openDeps());
  return {
    result,
    findings,
    report: (style) => versionsReport(style, result, { command: 'nimify catalog list' }),
  };
}
