/**
 * OPSET_TOO_NEW, one per domain. `where`: the domain. args: `domain`, `version`, `supported`.
 * OPSET_OLD. args: `version` of the default domain, `needed` for quantization per channel.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { Check } from '../check.ts';
import { MAX_OPSETS, PER_CHANNEL_OPSET } from '../limits.ts';

export const opsetVersion: Check = {
  id: 'opset-version',
  run({ facts }): Finding[] {
    const found = Object.entries(facts.opsets).flatMap(([domain, version]) => {
      const supported = Object.hasOwn(MAX_OPSETS, domain) ? MAX_OPSETS[domain] : undefined;
      if (supported === undefined || version <= supported) return [];
      return [finding('OPSET_TOO_NEW', { domain, version, supported }, domain)];
    });
    const version = facts.opsets['ai.onnx'];
    if (version !== undefined && version < PER_CHANNEL_OPSET) {
      found.push(finding('OPSET_OLD', { version, needed: PER_CHANNEL_OPSET }));
    }
    return found;
  },
};
