import { resolve } from 'node:path';
import { packageVersion } from '../../base/version.ts';
import { scanReport } from '../../ui/report/scan.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { checkFormat, printFormat } from '../formats.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  checkFormat(call, 'scan PATH');
  const { scan } = await import('../../pipeline/scan.ts');
  const request = { path: resolve(call.io.cwd, call.operand(0)), isDeep: call.has('deep') };
  const { result, findings } = await scan(request, await call.openDeps());
  const report = await printFormat(
    call,
    'scan',
    { result, findings },
    {
      text: (style) => scanReport(style, result),
      formats: {
        sarif: async () => {
          const { scanSarif } = await import('../../ui/exchange/scan-sarif.ts');
          return scanSarif(result, { version: packageVersion(), cwd: call.io.cwd });
        },
      },
    },
  );
  return { result, findings, report };
}
