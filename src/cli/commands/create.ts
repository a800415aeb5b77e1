import { relative } from 'node:path';
import { createReport } from '../../ui/report/create.ts';
import { requireOneBudget, searchOptions } from '../budget-flags.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';
import { withReport } from '../search-report.ts';
import { parseObjective, parseRate } from '../slo-flag.ts';

export async function run(call: Call): Promise<CommandOutcome> {
  const output = call.text('output');
  const name = call.text('name');
  const search = searchOptions(call);
  const slo = call.text('slo');
  const rps = call.text('rps');
  requireOneBudget(call, search);
  return withReport(call, async (onReport, found) => {
    const request = {
      reference: call.operand(0),
      force: call.has('force'),
      isOverwriting: call.has('overwrite'),
      isDryRun: call.has('dry-run'),
      data: call.data(),
      allow: call.list('allow'),
      ...(output === undefined ? {} : { output }),
      ...(name === undefined ? {} : { name }),
      ...(slo === undefined ? {} : { objective: parseObjective(slo) }),
      ...(rps === undefined ? {} : { requestsPerSecond: parseRate(rps) }),
      ...(search === undefined ? {} : { search, onReport }),
    };
    const { create } = await import('../../pipeline/create.ts');
    const { result, findings } = await create(request, await call.openDeps());
    const folder = typeable(result.service.path, call.io.cwd);
    return { result, findings, report: (style) => createReport(style, result, findings, folder, found()) };
  });
}

/** The path as one would type it here: relative where that is shorter, quoted where a shell would split it. */
function typeable(path: string, cwd: string): string {
  const near = relative(cwd, path);
  const short = near.startsWith('..') ? path : `./${near}`;
  return /^[\w./@:+-]+$/.test(short) ? short : `'${short.replaceAll("'", "'\\''")}'`;
}
