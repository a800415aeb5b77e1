/** `nimify doctor`: what works on this machine, and what to do about the rest. */
import { execProgram } from '../base/exec.ts';
import { probeDatabase } from '../catalog/probe.ts';
import type { Diagnosis } from '../doctor/check.ts';
import { probeRuntime, runChecks } from '../doctor/registry.ts';
import type { Outcome, PipelineDeps } from './requests.ts';

/** Problems of the installation are findings and no errors. */
export async function diagnose(deps: PipelineDeps): Promise<Outcome<Diagnosis>> {
  const result = await runChecks({
    config: deps.config,
    exec: execProgram,
    signal: deps.signal,
    nodeVersion: process.versions.node,
    probeSqlite: () => probeDatabase(deps.config.dataFolder),
    probeRuntime,
  });
  return { result, findings: result.checks.flatMap((check) => check.findings) };
}
