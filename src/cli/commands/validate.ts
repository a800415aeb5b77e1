import { resolve } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { Severity } from '../../base/findings.ts';
import { packageVersion } from '../../base/version.ts';
import { validateReport } from '../../ui/report/validate.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { failOn } from '../exit-code.ts';
import { checkFormat, printFormat } from '../formats.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  checkFormat(call, 'validate DIR');
  const { folder, judge } = await subject(call);
  const { result, findings } = await judge({ folder }, await call.openDeps());
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

/** A service folder, or with --triton-repo a model repository of others. */
async function subject(call: Call) {
  const repository = call.text('triton-repo');
  const [service] = call.operands;
  if ((repository === undefined) === (service === undefined)) {
    const given = repository === undefined ? 'names nothing to judge' : 'names two things to judge';
    throw new NimifyError('USAGE', `The command ${given}.`, {
      hint: 'Give a service folder, or --triton-repo DIR for a model repository that others wrote.',
    });
  }
  if (repository === undefined) {
    return { folder: service as string, judge: (await import('../../pipeline/validate.ts')).validate };
  }
  return { folder: repository, judge: (await import('../../pipeline/triton-repository.ts')).validateRepository };
}
