/** What `nimify quantize` prints for people. */
import type { Finding } from '../../base/findings.ts';
import { formatBytes } from '../../base/units.ts';
import type { QuantizationReport } from '../../pipeline/quantization-report.ts';
import type { QuantizeResult } from '../../pipeline/requests.ts';
import { findingList } from '../findings.ts';
import { facts, headline, page } from '../layout.ts';
import type { Style } from '../style.ts';
import { evaluationBlocks } from './evaluate.ts';
import { fileText, methodText } from './figures.ts';
import { searchBlocks } from './search.ts';

/** @param report of a search: what else was tried */
export function quantizeReport(
  style: Style,
  result: QuantizeResult,
  findings: readonly Finding[],
  report?: QuantizationReport,
): string {
  const { output, files, recipe, evaluation } = result;
  const dataFiles = files.slice(1).map(({ path, sizeBytes }) => `${path}, ${formatBytes(sizeBytes)}`);
  const nodes = Object.entries(recipe.quantizedNodes).map(([type, count]) => `${type} ${count}`);
  const { calibration } = recipe;
  return page(
    headline(style, `${output.path} is written.`),
    facts(style, [
      ['Size', fileText(output)],
      ['Data files', dataFiles.length === 0 ? undefined : dataFiles.join(' · ')],
      ['Method', `${methodText(recipe.method, recipe)}, opset ${recipe.opset}`],
      ['Quantized', nodes.length === 0 ? undefined : nodes.join(' · ')],
      ['Calibrated', calibration === null ? undefined : calibrationText(calibration)],
    ]),
    ...(report?.budget ? searchBlocks(style, report) : []),
    ...(evaluation === null ? [] : evaluationBlocks(style, evaluation)),
    findingList(style, findings),
  );
}

function calibrationText({ samples, origin, isRandom }: NonNullable<QuantizeResult['recipe']['calibration']>): string {
  return isRandom ? `${samples} samples of random noise` : `${samples} samples from ${origin}`;
}
