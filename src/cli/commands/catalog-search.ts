import { versionsReport } from '../../ui/report/catalog.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const text = call.operand(0);
  const query = { text, ...call.page() };
  const { catalogSearch } = await import('../../pipeline/catalog.ts');
  const { result, findings } = await catalogSearch(query, await call.openDeps());
  const command = `nimify catalog search ${JSON.stringify(text)}`;
  return { result, findings, report: (style) => versionsReport(style, result, { text, command }) };
}
