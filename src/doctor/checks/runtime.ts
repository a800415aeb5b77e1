import { NimifyError } from '../../base/errors.ts';
import { finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';

export const runtimeCheck: Check = {
  id: 'runtime',
  title: 'ONNX Runtime',
  async run({ probeRuntime }) {
    try {
      const { version, providers } = await probeRuntime();
      return [finding('RUNTIME_PROVIDERS', { version, providers: [...providers] })];
    } catch (error) {
      if (!(error instanceof NimifyError)) throw error;
      return [finding('RUNTIME_MISSING', { reason: error.message, hint: error.hint ?? null })];
    }
  },
};
