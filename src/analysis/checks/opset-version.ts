/**
 * OPSET_TOO_NEW, one per domain. `where`: the domain. args: `domain`, `version`, `supported`.
 * OPSET_OLD. args: `version` of the default domain, `needed` for quantization per channel.
 */
import { type Finding, finding } from '../../base/findings.ts';
import { BUNDLED_RELEASE, opsetsBeyond } from '../../runtime/releases/onnx-runtime.ts';
import type { Check } from '../check.ts';

/** Below it, quantization per channel needs the model in a newer opset: `axis` of QuantizeLinear came with 13. */
const PER_CHANNEL_OPSET = 13;

export const opsetVersion: Check = {
  id: 'opset-version',
  run({ facts }): Finding[] {
    const found = opsetsBeyond(BUNDLED_RELEASE, facts.opsets).map((excess) =>
      finding('OPSET_TOO_NEW', { ...excess }, excess.domain),
    );
    const version = facts.opsets['ai.onnx'];
    if (version !== undefined && version < PER_CHANNEL_OPSET) {
      found.push(finding('OPSET_OLD', { version, needed: PER_CHANNEL_OPSET }));
    }
    return found;
  },
};
