/** Weights with equal type, dims and values are kept once per graph. */
import type { GraphProto, TensorProto } from '../proto.ts';
import { tensorByteLength } from '../tensor.ts';
import { valuesDigest } from '../values/walk.ts';
import { editableGraphs, namesInside, renameUses } from './graphs.ts';
import type { Pass } from './pass.ts';

export const duplicates: Pass = {
  id: 'duplicates',
  did: 'duplicate weights merged',
  run: (model) => editableGraphs(model).reduce((sum, graph) => sum + mergeEqual(graph), 0),
};

function mergeEqual(graph: GraphProto): number {
  const fixed = fixedNames(graph);
  const renamed = new Map<string, string>();
  for (const group of sameForm(graph.initializer.filter(({ name = '' }) => !fixed.has(name)))) {
    const first = new Map<string, string>();
    for (const tensor of group) {
      const digest = valuesDigest(tensor);
      const name = tensor.name ?? '';
      const twin = first.get(digest);
      if (twin === undefined) first.set(digest, name);
      else renamed.set(name, twin);
    }
  }
  graph.initializer = graph.initializer.filter(({ name = '' }) => !renamed.has(name));
  graph.valueInfo = graph.valueInfo.filter(({ name = '' }) => !renamed.has(name));
  renameUses(graph, renamed);
  return renamed.size;
}

/**
 * Tensors that stay as they are: names of the interface, names that a subgraph gives to something else, and names that
 * several tensors have, of which ONNX Runtime takes the last one.
 */
function fixedNames(graph: GraphProto): Set<string> {
  const fixed = namesInside(graph);
  for (const { name = '' } of [...graph.input, ...graph.output]) fixed.add(name);
  const seen = new Set(['']);
  for (const { name = '' } of graph.initializer) (seen.has(name) ? fixed : seen).add(name);
  return fixed;
}

/** Only tensors that share type, dims and size can be equal: the others need not be read. */
function sameForm(tensors: readonly TensorProto[]): TensorProto[][] {
  const groups = new Map<string, TensorProto[]>();
  for (const tensor of tensors) {
    const key = `${tensor.dataType} ${tensor.dims} ${tensorByteLength(tensor)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tensor]);
    else group.push(tensor);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
