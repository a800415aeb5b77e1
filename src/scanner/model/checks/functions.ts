/** Functions that the model brings: circles, growth by inlining, and names of standard operators. */
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from '../../../onnx/proto.ts';
import { functionKey } from '../../../onnx/shapes/functions.ts';
import type { ModelCheck, ModelContext } from '../check.ts';

/** Nodes after inlining; no real model comes near, and inlining this many takes gigabytes. */
const MAX_INLINED = 10_000_000;
const STANDARD_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

export const functions: ModelCheck = {
  rules: ['function-recursion', 'function-expansion', 'function-shadows-operator'],
  visit: (context) => ({
    fn({ domain = '', name = '' }, place) {
      if (!STANDARD_DOMAINS.has(domain)) return;
      const shown = domain === '' ? 'ai.onnx' : domain;
      context.report('function-shadows-operator', { function: name, operator: name, domain: shown }, place);
    },
    end() {
      if (context.model.proto.functions.length > 0) checkCalls(context);
    },
  }),
};

/** Calls of a body: key of the function → how often; and the number of its nodes. */
interface Body {
  readonly calls: ReadonlyMap<string, number>;
  readonly nodes: number;
}

function checkCalls(context: ModelContext): void {
  const { proto } = context.model;
  const keys = new Map(proto.functions.map((fn) => [keyOf(fn), fn]));
  const bodies = new Map([...keys].map(([key, fn]) => [key, bodyOf(fn.node, keys)]));
  const order = callOrder(bodies);
  if (!Array.isArray(order)) {
    const cycle = order.cycle.map((key) => keys.get(key)?.name ?? '');
    context.report('function-recursion', { function: cycle[0] ?? '', cycle }, { step: `function ${cycle[0] ?? ''}` });
    return;
  }
  const main = bodyOf(proto.graph.node, keys);
  const sizes = new Map<string, number>();
  for (const key of order) sizes.set(key, inlined(bodies.get(key) as Body, sizes));
  const count = inlined(main, sizes);
  const stored = main.nodes + [...bodies.values()].reduce((sum, body) => sum + body.nodes, 0);
  if (count > MAX_INLINED && count > stored * 2) context.report('function-expansion', { count, stored });
}

function inlined(body: Body, sizes: ReadonlyMap<string, number>): number {
  let count = body.nodes;
  for (const [key, times] of body.calls) count += times * (sizes.get(key) ?? 0);
  return count;
}

function keyOf({ domain, name, overload }: FunctionProto): string {
  return functionKey(domain, name, overload);
}

function bodyOf(nodes: readonly NodeProto[], known: ReadonlyMap<string, unknown>): Body {
  const calls = new Map<string, number>();
  let count = 0;
  const visit = (node: NodeProto): void => {
    count += 1;
    const key = functionKey(node.domain, node.opType, node.overload);
    if (known.has(key)) calls.set(key, (calls.get(key) ?? 0) + 1);
    for (const attribute of node.attribute) for (const graph of graphsOf(attribute)) graph.node.forEach(visit);
  };
  nodes.forEach(visit);
  return { calls, nodes: count };
}

function graphsOf({ g, graphs }: AttributeProto): readonly GraphProto[] {
  return g === undefined ? graphs : [g, ...graphs];
}

/** Functions with those that they call before them, or a circle. Without recursion: chains may be long. */
function callOrder(bodies: ReadonlyMap<string, Body>): string[] | { readonly cycle: string[] } {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of bodies.keys()) {
    if (state.has(start)) continue;
    const stack = [{ key: start, left: [...(bodies.get(start)?.calls.keys() ?? [])] }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.left.pop();
      if (next === undefined) {
        state.set(top.key, 'done');
        order.push(top.key);
        stack.pop();
      } else if (state.get(next) === 'open') {
        const keys = stack.map(({ key }) => key);
        return { cycle: [...keys.slice(keys.indexOf(next)), next] };
      } else if (!state.has(next)) {
        state.set(next, 'open');
        stack.push({ key: next, left: [...(bodies.get(next)?.calls.keys() ?? [])] });
      }
    }
  }
  return order;
}
