/** Models that are not the user's own are opened in a guarded process: those of any source but a local file, or on demand. */

import { NimifyError } from '../base/errors.ts';
import { type Finding, finding } from '../base/findings.ts';
import type { GuardLimits } from '../runtime/isolated/guard.ts';
import type { OpenSession } from '../runtime/session.ts';
import type { PipelineDeps } from './requests.ts';

/** Undefined for a model that the user vouches for. `kind` is the id of the source that found it. */
export function guardLimits({ config }: PipelineDeps, kind: string): Omit<GuardLimits, 'signal'> | undefined {
  const { untrusted, loadTimeoutSeconds, runTimeoutSeconds, memoryMiB } = config.runtime;
  if (!untrusted && kind === 'local-file') return undefined;
  return {
    loadTimeoutMs: loadTimeoutSeconds * 1000,
    runTimeoutMs: runTimeoutSeconds * 1000,
    memoryBytes: memoryMiB * 2 ** 20,
  };
}

/** The same dependencies, with sessions that fit what the model is worth trusting. */
export function guarded(deps: PipelineDeps, kind: string): PipelineDeps {
  const limits = guardLimits(deps, kind);
  if (limits === undefined) return deps;
  const openSession: OpenSession = async (model, options = {}) => {
    const { openIsolatedSession } = await import('../runtime/isolated/session.ts');
    return openIsolatedSession(model, options, { ...limits, signal: deps.signal });
  };
  return { ...deps, openSession };
}

/** For rooms that open sessions in this process unless they are told otherwise. */
export function sessionsOf({ openSession }: PipelineDeps): { readonly openSession?: OpenSession } {
  return openSession === undefined ? {} : { openSession };
}

/**
 * Lets ONNX Runtime load the model in a guarded process, as a whole, and says how that went.
 * RUNTIME_REFUSES: ONNX Runtime says no. RUNTIME_DIES: it crashes or breaks its limits. args: `reason`.
 * @throws the abort reason of the signal, and NimifyError RUNTIME_NOT_INSTALLED
 */
export async function tryToLoad(path: string, { openSession }: PipelineDeps): Promise<Finding[]> {
  try {
    await (await openSession?.(path, { graphOptimization: 'basic', threads: 1 }))?.release();
    return [];
  } catch (error) {
    if (!(error instanceof NimifyError) || error.code === 'RUNTIME_NOT_INSTALLED') throw error;
    const isDeath = ['RUNTIME_CRASHED', 'RUNTIME_TIMEOUT', 'RUNTIME_MEMORY'].includes(error.code);
    return [finding(isDeath ? 'RUNTIME_DIES' : 'RUNTIME_REFUSES', { reason: error.message })];
  }
}
