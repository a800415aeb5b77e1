import { basename } from 'node:path';
import { quantizeReport } from '../../ui/report/quantize.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const model = call.operand(0);
  const method = call.text('method') as string;
  const output = call.text('output') ?? `${basename(model, '.onnx')}.${method}.onnx`;
  const isUnmeasured = call.has('skip-evaluation');
  const request = { model, method, output, force: call.has('force'), data: call.data(), isUnmeasured };
  const { quantize } = await import('../../pipeline/quantize.ts');
  const { result, findings } = await quantize(request, await call.openDeps());
  return { result, findings, report: (style) => quantizeReport(style, result, findings) };
}
