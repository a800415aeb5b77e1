/** All checks of the installation, in the order of the report. */
import { type Finding, SEVERITIES } from '../base/findings.ts';
import { runtimeProviders, runtimeVersion } from '../runtime/load.ts';
import type { Check, CheckReport, Diagnosis, DoctorContext, RuntimeFacts } from './check.ts';
import { dataFolderCheck } from './checks/data-folder.ts';
import { diskCheck } from './checks/disk.ts';
import { nodeCheck } from './checks/node.ts';
import { runtimeCheck } from './checks/runtime.ts';
import { sqliteCheck } from './checks/sqlite.ts';
import { toolChecks } from './checks/tools.ts';

const CHECKS: readonly Check[] = [nodeCheck, runtimeCheck, sqliteCheck, dataFolderCheck, diskCheck, ...toolChecks];

/** Asks the runtime room; tests give their own probe. */
export async function probeRuntime(): Promise<RuntimeFacts> {
  return { version: await runtimeVersion(), providers: await runtimeProviders() };
}

/** Runs one check and says how it went. */
async function runCheck(check: Check, context: DoctorContext): Promise<CheckReport> {
  context.signal.throwIfAborted();
  const findings = await check.run(context);
  return { id: check.id, title: check.title, status: statusOf(findings), findings };
}

/** Runs all checks one after the other. Problems of the installation are findings and no errors. */
export async function runChecks(context: DoctorContext): Promise<Diagnosis> {
  const checks: CheckReport[] = [];
  for (const check of CHECKS) checks.push(await runCheck(check, context));
  return { checks };
}

function statusOf(findings: readonly Finding[]): CheckReport['status'] {
  if (findings.every(({ code }) => GOOD.has(code))) return 'ok';
  return SEVERITIES.findLast((severity) => findings.some((item) => item.severity === severity)) ?? 'ok';
}

const GOOD: ReadonlySet<string> = new Set(['CHECK_OK', 'TOOL_FOUND', 'RUNTIME_PROVIDERS']);
