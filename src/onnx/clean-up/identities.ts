/** Nodes that pass their input on: Identity, and Dropout outside of training. */
import { intAttribute } from '../attribute.ts';
import { capturedNames } from '../graph.ts';
import type { GraphProto, NodeProto } from '../proto.ts';
import { editableGraphs, namesInside, renameUses } from './graphs.ts';
import type { Pass } from './pass.ts';

export const identities: Pass = {
  id: 'identities',
  did: 'nodes without effect removed',
  run: (model) => editableGraphs(model).reduce((sum, graph) => sum + removeIdentities(graph), 0),
};

function removeIdentities(graph: GraphProto): number {
  const outputs = new Set(graph.output.map(({ name = '' }) => name));
  const used = new Set(graph.node.flatMap((node) => [...node.input, ...capturedNames(node)]));
  const hidden = namesInside(graph);
  const renamed = new Map<string, string>();
  const kept = graph.node.filter((node) => {
    const [output = ''] = node.output;
    const [input = ''] = node.input;
    const isPassing = passesOn(node, (name) => used.has(name) || outputs.has(name));
    if (!isPassing || outputs.has(output) || output === '' || hidden.has(input)) return true;
    renamed.set(output, input);
    return false;
  });
  const count = graph.node.length - kept.length;
  graph.node = kept;
  renameUses(graph, withoutChains(renamed));
  graph.valueInfo = graph.valueInfo.filter(({ name = '' }) => !renamed.has(name));
  return count;
}

/** Identity of Identity leads to the first tensor of the chain. */
function withoutChains(renamed: ReadonlyMap<string, string>): Map<string, string> {
  const firsts = new Map<string, string>();
  for (const [name, next] of renamed) {
    const passed = new Set([name]);
    let first = next;
    for (let at: string | undefined = next; at !== undefined && !passed.has(at); ) {
      passed.add(at);
      first = at;
      at = firsts.get(at) ?? renamed.get(at);
    }
    firsts.set(name, first);
  }
  return firsts;
}

/** Dropout 12 trains only when its third input says so; Dropout 1 and 6 have `is_test` and train without it. */
function passesOn(node: NodeProto, isUsed: (name: string) => boolean): boolean {
  if (node.domain || !node.input[0]) return false;
  if (node.opType === 'Identity') return true;
  const isOld = node.attribute.some(({ name }) => name === 'is_test' || name === 'consumed_inputs');
  const mask = node.output[1] ?? '';
  return node.opType === 'Dropout' && !node.input[2] && !(mask && isUsed(mask)) && (!isOld || isTest(node));
}

function isTest(node: NodeProto): boolean {
  return intAttribute(node, 'is_test', 0) === 1;
}
