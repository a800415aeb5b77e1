/** The folder of --report: all that a quantization measured, as JSON, as a page and as Markdown. */
import { checkTarget, produce, writeTree } from '../base/write-files.ts';
import type { QuantizationReport } from '../pipeline/quantization-report.ts';
import type { Call } from './call.ts';

const REPORT_FILE = 'quantization.json';

/** Runs `work` and writes what it has told of, also when it fails: an interrupted search has measured something. */
export async function withReport<T>(
  call: Call,
  work: (onReport: (report: QuantizationReport) => void, found: () => QuantizationReport | undefined) => Promise<T>,
): Promise<T> {
  const folder = call.text('report');
  const replace = { force: call.has('force'), marker: REPORT_FILE };
  if (folder !== undefined) await checkTarget(folder, replace);
  let found: QuantizationReport | undefined;
  const onReport = (report: QuantizationReport): void => {
    found = report;
  };
  try {
    return await work(onReport, () => found);
  } finally {
    if (folder !== undefined && found !== undefined) await writeReport(folder, found, replace);
  }
}

async function writeReport(
  folder: string,
  report: QuantizationReport,
  replace: { readonly force: boolean; readonly marker: string },
): Promise<void> {
  const { quantizationPage } = await import('../ui/html/quantization/page.ts');
  const { quantizationMarkdown } = await import('../ui/report/quantization-markdown.ts');
  const files = [
    { path: REPORT_FILE, content: `${JSON.stringify(report, null, 2)}\n` },
    { path: 'quantization.html', content: quantizationPage(report) },
    { path: 'quantization.md', content: quantizationMarkdown(report) },
  ];
  await produce(folder, (temporary) => writeTree(temporary, files), replace);
}
