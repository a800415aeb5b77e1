import { basename } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import { quantizeReport } from '../../ui/report/quantize.ts';
import { searchOptions } from '../budget-flags.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { withReport } from '../search-report.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const model = call.operand(0);
  const method = call.text('method');
  const search = searchOptions(call);
  if (method === undefined && search === undefined) throw nothingAsked();
  const output = call.text('output') ?? `${basename(model, '.onnx')}.${method ?? 'quantized'}.onnx`;
  return withReport(call, async (onReport, found) => {
    const request = {
      model,
      output,
      force: call.has('force'),
      data: call.data(),
      isUnmeasured: call.has('skip-evaluation'),
      ...(method === undefined ? {} : { method }),
      ...(search === undefined ? {} : { search }),
      onReport,
    };
    const { quantize } = await import('../../pipeline/quantize.ts');
    const { result, findings } = await quantize(request, await call.openDeps());
    return { result, findings, report: (style) => quantizeReport(style, result, findings, found()) };
  });
}

function nothingAsked(): NimifyError {
  return new NimifyError('USAGE', 'Say how to quantize: by a method, or within a budget.', {
    hint: 'Such as --method static-int8, or --max-drop 0.5% to search.',
  });
}
