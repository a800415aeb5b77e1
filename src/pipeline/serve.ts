/** `nimify serve`: the embedded server on a service folder, a Triton model repository or one model file. */
import { resolve } from 'node:path';
import { readRepository } from '../server/repository.ts';
import { startServer } from '../server/start-server.ts';
import { guardLimits } from './guard.ts';
import type { PipelineDeps, RunningService, ServeRequest } from './requests.ts';
import { Steps } from './steps.ts';

/**
 * Resolves when every model is ready; the caller closes the service.
 * @throws NimifyError PORT_IN_USE, FILE_NOT_FOUND, MODEL_*, RUNTIME_*
 */
export async function serve(request: ServeRequest, deps: PipelineDeps): Promise<RunningService> {
  const guard = guardLimits(deps, 'local-file');
  const steps = new Steps(deps, [{ id: 'load', title: 'Load' }]);
  return steps.run(
    'load',
    async () =>
      startServer({
        models: await readRepository(resolve(request.path)),
        ...deps.config.server,
        ...(guard === undefined ? {} : { guard }),
        log: deps.log,
        clock: deps.clock,
        signal: deps.signal,
      }),
    (running) => running.models.map((model) => `${model.name} v${model.version}`).join(', '),
  );
}
