/** Sessions of ONNX Runtime in a process of their own, for models that are not the user's own. */
import { resolve } from 'node:path';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { RuntimeSession, SessionOptions } from '../session.ts';
import { Guard, type GuardLimits } from './guard.ts';
import type { SessionInfo } from './messages.ts';

/**
 * Like `openSession`, with time and memory limits. A crash ends the process and not its parent. Runs take the time of the
 * transport of their tensors on top.
 * @throws NimifyError RUNTIME_CRASHED, RUNTIME_TIMEOUT, RUNTIME_MEMORY, and those of `openSession`
 */
export async function openIsolatedSession(
  model: string | Uint8Array,
  options: SessionOptions,
  limits: GuardLimits,
): Promise<RuntimeSession> {
  const guard = new Guard(limits);
  try {
    const where = typeof model === 'string' ? resolve(model) : model;
    const question = { type: 'open', model: where, options, memoryBytes: limits.memoryBytes } as const;
    const info = (await guard.ask(question, limits.loadTimeoutMs)) as SessionInfo;
    return {
      inputs: info.inputs,
      outputs: info.outputs,
      async run(feeds, outputNames) {
        const run = { type: 'run', feeds, ...(outputNames === undefined ? {} : { outputNames }) } as const;
        return (await guard.ask(run, limits.runTimeoutMs)) as Record<string, HostTensor>;
      },
      release: async () => guard.close(),
    };
  } catch (error) {
    guard.close();
    throw error;
  }
}
