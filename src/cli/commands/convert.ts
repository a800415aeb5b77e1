import { NimifyError } from '../../base/errors.ts';
import type { ConvertRequest, ExternalDataRequest } from '../../pipeline/requests.ts';
import { convertReport } from '../../ui/report/convert.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const data = placement(call);
  const opset = call.count('opset');
  const request: ConvertRequest = {
    model: call.operand(0),
    output: call.text('output') as string,
    force: call.has('force'),
    isCleanedUp: call.has('clean-up'),
    ...(data === undefined ? {} : { data }),
    ...(opset === undefined ? {} : { opset }),
  };
  const { convert } = await import('../../pipeline/convert.ts');
  const { result, findings } = await convert(request, await call.openDeps());
  return { result, findings, report: (style) => convertReport(style, result) };
}

function placement(call: Call): ConvertRequest['data'] {
  const [dataFile, thresholdBytes] = [call.text('data-file'), call.bytes('threshold')];
  const [alignBytes, splitBytes] = [call.bytes('align'), call.bytes('split')];
  const isExternal = call.has('external-data');
  const alone = ['data-file', 'threshold', 'align', 'split'].find((flag) => call.text(flag) !== undefined);
  if (isExternal && call.has('embed')) throw usage('--external-data and --embed are opposites.');
  if (!isExternal && alone !== undefined) throw usage(`--${alone} says something about data files.`, '--external-data');
  if (!isExternal) return call.has('embed') ? 'embed' : undefined;
  const request: { -readonly [K in keyof ExternalDataRequest]?: ExternalDataRequest[K] | undefined } = {
    dataFile,
    thresholdBytes,
    alignBytes,
    splitBytes,
  };
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

function usage(message: string, missing?: string): NimifyError {
  return new NimifyError('USAGE', message, {
    hint: missing === undefined ? 'Give one of them.' : `Add ${missing}, or leave the flag out.`,
  });
}
