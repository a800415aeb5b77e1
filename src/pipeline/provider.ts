/** Which execution provider of ONNX Runtime models run on while they are calibrated and measured. */
import { NimifyError } from '../base/errors.ts';
import { runtimeProviders } from '../runtime/load.ts';
import { type OpenSession, openSession } from '../runtime/session.ts';
import { guarded } from './guard.ts';
import type { PipelineDeps } from './requests.ts';

const NO_LIBRARY =
  'the installed onnxruntime-node has no library for it (npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12 fetches it)';

/** The same dependencies, for calibrating and measuring: guarded where the model needs it, on the wanted provider. */
export function measuring(deps: PipelineDeps, kind: string): PipelineDeps {
  const own = guarded(deps, kind);
  return wantsCuda(deps.config) ? { ...own, openSession: withCuda(own.openSession, deps) } : own;
}

/** The execution provider that sessions of `measuring` will most likely run on. */
export async function expectedProvider({ config }: PipelineDeps): Promise<'cpu' | 'cuda'> {
  return wantsCuda(config) && (await runtimeProviders()).includes('cuda') ? 'cuda' : 'cpu';
}

/** For figures about a service that is planned without GPUs, one would mislead. */
function wantsCuda({ runtime, service }: PipelineDeps['config']): boolean {
  return runtime.provider === 'cuda' || (runtime.provider === 'auto' && service.gpus > 0);
}

/**
 * Opens on CUDA, and on the CPU where that does not work: a notice says once why.
 * @param usable names of the execution providers that the installed runtime has
 */
export function withCuda(
  open: OpenSession = openSession,
  { emit }: Pick<PipelineDeps, 'emit'>,
  usable: () => Promise<readonly string[]> = runtimeProviders,
): OpenSession {
  let isGivenUp = false;
  const giveUp = (reason: string): void => {
    isGivenUp = true;
    emit({ type: 'notice', level: 'warning', message: `CUDA is not used, the CPU does the work: ${reason}.` });
  };
  return async (model, options = {}) => {
    if (!isGivenUp && !(await usable()).includes('cuda')) giveUp(NO_LIBRARY);
    if (isGivenUp) return open(model, options);
    try {
      return { ...(await open(model, { ...options, providers: ['cuda', 'cpu'] })), provider: 'cuda' };
    } catch (error) {
      if (!(error instanceof NimifyError) || error.code !== 'RUNTIME_REFUSED') throw error;
      // What the CPU refuses too says something of the model and nothing of CUDA.
      const session = await open(model, options);
      giveUp(error.message.replace(/\.$/, ''));
      return session;
    }
  };
}
