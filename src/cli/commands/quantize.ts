import { basename } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { checkTarget, produce, writeTree } from '../../base/write-files.ts';
import type { QuantizationReport } from '../../pipeline/quantization-report.ts';
import { quantizeReport } from '../../ui/report/quantize.ts';
import { searchOptions } from '../budget-flags.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

const REPORT_FILE = 'quantization.json';

export async function run(call: Call): Promise<CommandOutcome> {
  const model = call.operand(0);
  const [method, folder] = [call.text('method'), call.text('report')];
  const search = searchOptions(call);
  if (method === undefined && search === undefined) throw nothingAsked();
  const output = call.text('output') ?? `${basename(model, '.onnx')}.${method ?? 'quantized'}.onnx`;
  const replace = { force: call.has('force'), marker: REPORT_FILE };
  if (folder !== undefined) await checkTarget(folder, replace);
  let found: QuantizationReport | undefined;
  const request = {
    model,
    output,
    force: call.has('force'),
    data: call.data(),
    isUnmeasured: call.has('skip-evaluation'),
    ...(method === undefined ? {} : { method }),
    ...(search === undefined ? {} : { search }),
    onReport: (report: QuantizationReport) => {
      found = report;
    },
  };
  const { quantize } = await import('../../pipeline/quantize.ts');
  const deps = await call.openDeps();
  try {
    const { result, findings } = await quantize(request, deps);
    return { result, findings, report: (style) => quantizeReport(style, result, findings, found) };
  } finally {
    // Also what an interrupted search has measured.
    if (folder !== undefined && found !== undefined) await writeReport(folder, found, replace);
  }
}

async function writeReport(
  folder: string,
  report: QuantizationReport,
  replace: { readonly force: boolean; readonly marker: string },
): Promise<void> {
  const { quantizationPage } = await import('../../ui/html/quantization/page.ts');
  const { quantizationMarkdown } = await import('../../ui/report/quantization-markdown.ts');
  const files = [
    { path: REPORT_FILE, content: `${JSON.stringify(report, null, 2)}\n` },
    { path: 'quantization.html', content: quantizationPage(report) },
    { path: 'quantization.md', content: quantizationMarkdown(report) },
  ];
  await produce(folder, (temporary) => writeTree(temporary, files), replace);
}

function nothingAsked(): NimifyError {
  return new NimifyError('USAGE', 'Say how to quantize: by a method, or within a budget.', {
    hint: 'Such as --method static-int8, or --max-drop 0.5% to search.',
  });
}
