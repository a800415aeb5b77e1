import { resolve } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { packageVersion } from '../../base/version.ts';
import { checkTarget, writeFileAtomic } from '../../base/write-files.ts';
import type { AnalyzeOutcome } from '../../pipeline/requests.ts';
import { analyzeReport } from '../../ui/report/analyze.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const targets = call.words('target');
  const page = call.text('html');
  const replace = { force: call.has('force') };
  if (page !== undefined) {
    requireOtherPath(page, call.operand(0));
    await checkTarget(page, replace);
  }
  const request = {
    model: call.operand(0),
    isDeep: call.has('deep'),
    bind: call.bindings(),
    needsPicture: page !== undefined,
    ...(targets.length === 0 ? {} : { targets }),
  };
  const { analyze } = await import('../../pipeline/analyze.ts');
  const outcome = await analyze(request, await call.openDeps());
  const { result, findings } = outcome;
  if (page === undefined) return { result, findings, report: (style) => analyzeReport(style, result, findings) };
  const text = await pageOf(outcome);
  await writeFileAtomic(page, text, replace);
  const written = { path: page, sizeBytes: Buffer.byteLength(text) };
  return {
    result: { ...result, report: written },
    findings,
    report: (style) => analyzeReport(style, result, findings, written),
  };
}

/** With --force a slip would replace the model by a page about it. */
function requireOtherPath(page: string, model: string): void {
  if (resolve(page) !== resolve(model)) return;
  throw new NimifyError('USAGE', `--html ${page} is the model itself.`, {
    hint: 'Give the page a name of its own, such as report.html.',
  });
}

async function pageOf({ result, findings, picture }: AnalyzeOutcome): Promise<string> {
  const { reportPage } = await import('../../ui/html/page.ts');
  if (picture === null) throw new TypeError('The picture of the graph was asked for and is missing.');
  return reportPage({ analysis: result, findings, picture, version: packageVersion() });
}
