/** The report of `nimify quantize --report`: one page that needs nothing but itself, and no script. */
import type { QuantizationReport } from '../../../pipeline/quantization-report.ts';
import { htmlDocument } from '../document.ts';
import { candidateSection } from './candidates.ts';
import { dataSection } from './data.ts';
import { header } from './header.ts';
import { histogramSection } from './histograms.ts';
import { outputSection } from './outputs.ts';
import { predictionSection } from './predictions.ts';
import { sensitivitySection } from './sensitivity.ts';

/** The whole page as text; equal reports give equal bytes. What the report does not hold is left out. */
export function quantizationPage(report: QuantizationReport): string {
  const sections = [
    candidateSection(report),
    outputSection(report),
    predictionSection(report),
    sensitivitySection(report),
    histogramSection(report),
    dataSection(report),
  ].filter((section) => section !== null);
  return htmlDocument({
    title: `${report.model.name} quantized`,
    version: report.tool.nimify,
    header: header(report, sections),
    sections,
    styles: ['report.css', 'quantization.css'],
  });
}
