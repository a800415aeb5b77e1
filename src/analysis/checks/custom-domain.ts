/**
 * CUSTOM_DOMAIN, one per domain. `where`: the domain.
 * args: `domain`, `operators` {type: count}, `count` of nodes.
 */
import { type Finding, finding } from '../../base/findings.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { BUNDLED_RELEASE, hasDomain } from '../../runtime/releases/onnx-runtime.ts';
import type { Check } from '../check.ts';
import { domainOf, histogram, inferenceNodes } from '../operators.ts';

export const customDomain: Check = {
  id: 'custom-domain',
  run({ model }): Finding[] {
    const local = new Set(model.proto.functions.map((fn) => `${domainOf(fn)}::${fn.name ?? ''}`));
    const domains = new Map<string, NodeProto[]>();
    for (const node of inferenceNodes(model.proto)) {
      const domain = domainOf(node);
      if (hasDomain(BUNDLED_RELEASE, domain) || local.has(`${domain}::${node.opType ?? ''}`)) continue;
      const nodes = domains.get(domain);
      if (nodes === undefined) domains.set(domain, [node]);
      else nodes.push(node);
    }
    return [...domains].map(([domain, nodes]) => {
      const operators = histogram(nodes.map((node) => node.opType ?? ''));
      return finding('CUSTOM_DOMAIN', { domain, operators, count: nodes.length }, domain);
    });
  },
};
