/** Nodes that pass their input on: Identity, and Dropout outside of training. */
import { intAttribute } from '../attribute.ts';
import { capturedNames } from '../graph.ts';
import type { GraphProto, NodeProto } from '../proto.ts';
import { editableGraphs, renameUses } from './graphs.ts';
import type { Pass } from './pass.ts';

export const identities: Pass = {
  id: 'identities',
  did: 'nodes without effect removed',
  run: (model) => editableGraphs(model).reduce((sum, graph) => sum + removeIdentities(graph), 0),
};

function removeIdentities(graph: GraphProto): number {
  const outputs = new Set(graph.output.map(({ name = '' }) => name));
  const used = new Set(graph.node.flatMap((node) => [...node.input, ...capturedNames(node)]));
  const renamed = new Map<string, string>();
  const kept = graph.node.filter((node) => {
    const [output = ''] = node.output;
    const isPassing = passesOn(node, (name) => used.has(name) || outputs.has(name));
    if (!isPassing || outputs.has(output) || output === '') return true;
    renamed.set(output, node.input[0] as string);
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
  const first = (name: string, left = renamed.size): string => {
    const next = renamed.get(name);
    return next === undefined || left === 0 ? name : first(next, left - 1);
  };
  return new Map([...renamed.keys()].map((name) => [name, first(name)]));
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
