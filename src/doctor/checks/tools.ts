/** Outside programs: none is needed to create a service, each opens a door after that. */
import { NimifyError } from '../../base/errors.ts';
import { finding } from '../../base/findings.ts';
import type { Check, DoctorContext } from '../check.ts';

interface Tool {
  readonly command: string;
  readonly versionArgs: readonly string[];
  /** What it is for, as it stands behind "for". */
  readonly purpose: string;
}

const TOOLS: readonly Tool[] = [
  { command: 'docker', versionArgs: ['--version'], purpose: 'building and running images' },
  { command: 'buildah', versionArgs: ['--version'], purpose: 'building images without a daemon' },
  { command: 'podman', versionArgs: ['--version'], purpose: 'building and running images without a daemon' },
  { command: 'helm', versionArgs: ['version', '--short'], purpose: 'installing the chart of a service' },
  { command: 'kubectl', versionArgs: ['version', '--client'], purpose: 'looking at a service in Kubernetes' },
  { command: 'promtool', versionArgs: ['--version'], purpose: 'checking the alert rules' },
];

const TIMEOUT_MS = 5000;

export const toolChecks: readonly Check[] = TOOLS.map((tool) => ({
  id: `tool:${tool.command}`,
  title: tool.command,
  run: (context) => checkTool(tool, context),
}));

async function checkTool({ command, versionArgs, purpose }: Tool, { exec, signal }: DoctorContext) {
  try {
    const { stdout, stderr, exitCode } = await exec(command, versionArgs, { timeoutMs: TIMEOUT_MS, signal });
    const version = /\d+\.\d+(\.\d+)?[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0];
    if (exitCode === 0) return [finding('TOOL_FOUND', { tool: command, version: version ?? null, purpose })];
    return [finding('TOOL_NOT_FOUND', { tool: command, purpose, reason: `it ended with exit code ${exitCode}` })];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NimifyError)) throw error;
    const reason = error.code === 'TOOL_MISSING' ? null : error.message;
    return [finding('TOOL_NOT_FOUND', { tool: command, purpose, reason })];
  }
}
