import { resolve } from 'node:path';
import type { Severity } from '../../base/findings.ts';
import { packageVersion } from '../../base/version.ts';
import { validateReport } from '../../ui/report/validate.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { failOn } from '../exit-code.ts';
import { checkFormat, printFormat } from '../formats.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  checkFormat(call, 'validate DIR');
  const { validate } = await import('../../pipeline/validate.ts');
  const folder = call.operand(0);
  const { result, findings } = await validate({ folder }, await call.openDeps());
  const { cwd } = call.io;
  const context = { version: packageVersion(), folder: resolve(cwd, folder), cwd };
  const report = await printFormat(
    call,
    'validate',
    { result, findings },
    {
      text: (style) => validateReport(style, result, findings, folder),
      formats: {
        sarif: async () => (await import('../../ui/exchange/validate-sarif.ts')).validateSarif(findings, context),
        junit: async () => {
          const { junitText } = await import('../../ui/exchange/junit.ts');
          return junitText(result, findings, failOn(call) as Severity, context);
        },
        github: async () => (await import('../../ui/exchange/annotations.ts')).annotationText(findings, context),
      },
    },
  );
  return { result, findings, report };
}
