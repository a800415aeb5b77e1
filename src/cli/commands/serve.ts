import { serveReport } from '../../ui/report/serve.ts';
import type { Call } from '../call.ts';
import type { CommandOutcome } from '../command-spec.ts';

/** Ctrl-C is the way to end a server, so the exit code after it is 0. */
export async function run(call: Call): Promise<CommandOutcome> {
  const { serve } = await import('../../pipeline/serve.ts');
  const service = await serve({ path: call.operand(0) }, await call.openDeps());
  const { models, httpUrl, metricsUrl } = service;
  const result = { models, httpUrl, metricsUrl };
  return {
    result,
    report: (style) => serveReport(style, result),
    stopped: async () => {
      await aborted(call.io.signal);
      await service.close();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
