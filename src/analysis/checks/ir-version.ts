/** IR_TOO_NEW. args: `irVersion` of the model, `supported`: the newest that ONNX Runtime loads. */
import { type Finding, finding } from '../../base/findings.ts';
import { BUNDLED_RELEASE } from '../../runtime/releases/onnx-runtime.ts';
import type { Check } from '../check.ts';

export const irVersion: Check = {
  id: 'ir-version',
  run({ facts: { irVersion: version } }): Finding[] {
    const { maxIrVersion } = BUNDLED_RELEASE;
    return version > maxIrVersion ? [finding('IR_TOO_NEW', { irVersion: version, supported: maxIrVersion })] : [];
  },
};
