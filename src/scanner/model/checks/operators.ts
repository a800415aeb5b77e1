/** Operators that need a library of their own, and those that run code from outside of the graph. */
import { intAttribute, textAttribute } from '../../../onnx/attribute.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import { normalDomain } from '../../../onnx/shapes/functions.ts';
import { BUNDLED_RELEASE, hasDomain } from '../../../runtime/releases/onnx-runtime.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import type { Place } from '../walk.ts';

/** Domain and operator → what it does. Whatever the domain is, these names call an interpreter. */
const CODE_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['com.microsoft::PythonOp', 'calls a Python function by its name'],
  ['com.microsoft::PythonOpGrad', 'calls a Python function by its name'],
  ['org.pytorch.aten::ATen', 'calls PyTorch by the name of a function'],
  ['ai.onnx.contrib::PyOp', 'calls a Python function'],
  ['ai.onnx.contrib::PyCustomOp', 'calls a Python function'],
]);

export const operators: ModelCheck = {
  rules: ['custom-operator-domain', 'code-operator'],
  visit(context) {
    const { functions } = context.model.proto;
    const local = new Set(functions.map((fn) => `${normalDomain(fn.domain)}::${fn.name ?? ''}`));
    const domains = new Map<string, Map<string, number>>();
    return {
      node(node, place) {
        const domain = normalDomain(node.domain);
        const key = `${domain}::${node.opType ?? ''}`;
        const what = CODE_OPERATORS.get(key);
        if (what !== undefined && !local.has(key)) reportCode(context, node, what, place);
        if (key === 'com.microsoft::EPContext') reportEngine(context, node, place);
        if (hasDomain(BUNDLED_RELEASE, domain) || local.has(key)) return;
        const counts = domains.get(domain) ?? new Map<string, number>();
        counts.set(node.opType ?? '', (counts.get(node.opType ?? '') ?? 0) + 1);
        domains.set(domain, counts);
      },
      end() {
        for (const [domain, counts] of domains) {
          const count = [...counts.values()].reduce((sum, number) => sum + number, 0);
          const names = [...counts.keys()].slice(0, 10);
          context.report('custom-operator-domain', { domain, count, operators: names });
        }
      },
    };
  },
};

function reportCode(context: ModelContext, node: NodeProto, what: string, place: Place): void {
  const operator = node.opType ?? '';
  context.report('code-operator', { node: node.name || 'A node', operator, what }, place);
}

/**
 * EPContext holds an engine that was compiled for a device, in itself or in a file beside the model. The path of the
 * file is a path of external data that no reader of ONNX checks.
 */
function reportEngine(context: ModelContext, node: NodeProto, place: Place): void {
  const isEmbedded = intAttribute(node, 'embed_mode', 1) === 1;
  const path = isEmbedded ? '' : textAttribute(node, 'ep_cache_context', '');
  const isOutside = /^([/\\]|[A-Za-z]:)/.test(path) || path.split(/[\\/]/).includes('..') || path.includes('\0');
  const what = isOutside
    ? `loads a compiled engine from ${JSON.stringify(path)}, outside of the folder of the model`
    : 'hands a compiled engine to a device';
  const args = { node: node.name || 'A node', operator: 'EPContext', what };
  context.report('code-operator', args, place, isOutside ? 'error' : 'warning');
}
