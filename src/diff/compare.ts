/** `nimify diff`: two models side by side, by structure and by the digests of their weights. */
import { type Finding, finding } from '../base/findings.ts';
import { allNodes } from '../onnx/graph.ts';
import { type OnnxModel, totalBytes } from '../onnx/open.ts';
import type { FunctionProto, ModelProto, ValueInfoProto } from '../onnx/proto.ts';
import { realInputs, tensorInfo } from '../onnx/value-info.ts';
import { attributeText, signatureText } from './attribute-text.ts';
import type { Change, InterfaceChange, ModelDiff } from './facts.ts';
import { diffNodes } from './nodes.ts';
import { diffOperators } from './operators.ts';
import { diffWeights, type WalkDeps } from './weights.ts';

/**
 * Streams the weights of both models once; memory holds one piece of them at a time.
 * @throws NimifyError MODEL_*, FILE_*; or the abort reason of the signal
 */
export async function compareModels(before: OnnxModel, after: OnnxModel, deps: WalkDeps): Promise<ModelDiff> {
  const [a, b] = [before.proto, after.proto];
  const weights = await diffWeights(a, b, deps);
  const [bytesBefore = 0, bytesAfter = 0] = (['before', 'after'] as const).map((side) =>
    weights.precision.reduce((sum, change) => sum + change[side], 0),
  );
  const parts = {
    format: diffFormat(a, b),
    opsets: diffOpsets(a, b),
    inputs: diffInterface(realInputs(a.graph), realInputs(b.graph)),
    outputs: diffInterface(a.graph.output, b.graph.output),
    operators: diffOperators(a, b),
    nodes: diffNodes(a, b),
  };
  return {
    before: described(before, bytesBefore),
    after: described(after, bytesAfter),
    isEqual: isEmpty({ ...parts, weights }),
    ...parts,
    weights,
  };
}

/**
 * INTERFACE_DIFFERS: callers of the one cannot call the other. args: `inputs` and `outputs`: names.
 * GRAPH_DIFFERS. args: `nodes` and `weights`: how many were added, removed or changed.
 */
export function diffFindings({ isEqual, inputs, outputs, nodes, weights }: ModelDiff): Finding[] {
  const names = (changes: readonly InterfaceChange[]): string[] => changes.map(({ name }) => name);
  const found: Finding[] = [];
  if (inputs.length + outputs.length > 0) {
    found.push(finding('INTERFACE_DIFFERS', { inputs: names(inputs), outputs: names(outputs) }));
  }
  const total = (list: Pick<ModelDiff['nodes' | 'weights'], 'added' | 'removed' | 'changed'>): number =>
    list.added.length + list.removed.length + list.changed.length;
  if (!isEqual) found.push(finding('GRAPH_DIFFERS', { nodes: total(nodes), weights: total(weights) }));
  return found;
}

function isEmpty({
  format,
  opsets,
  inputs,
  outputs,
  nodes,
  weights,
}: Pick<ModelDiff, 'format' | 'opsets' | 'inputs' | 'outputs' | 'nodes' | 'weights'>): boolean {
  const lists: readonly (readonly unknown[])[] = [
    format,
    opsets,
    inputs,
    outputs,
    ...[nodes.added, nodes.removed, nodes.changed],
    ...[weights.added, weights.removed, weights.changed, weights.renamed],
  ];
  return lists.every((list) => list.length === 0);
}

function described(model: OnnxModel, weightBytes: number): ModelDiff['before'] {
  const nodeCount = [...allNodes({ ...model.proto, trainingInfo: [] })].length;
  return { path: model.path, sizeBytes: totalBytes(model), nodeCount, weightBytes };
}

function diffFormat(before: ModelProto, after: ModelProto): Change[] {
  return diffMaps(formatOf(before), formatOf(after));
}

function formatOf(model: ModelProto): Map<string, string> {
  const { irVersion, producerName, producerVersion, domain, modelVersion, docString, graph } = model;
  const named = Object.entries({ irVersion, producerName, producerVersion, domain, modelVersion, docString });
  return new Map([
    ...named.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)] as const])),
    ...(graph?.name ? [['graph.name', graph.name] as const] : []),
    ...model.metadataProps.map(({ key, value }) => [`metadata.${key ?? ''}`, value ?? ''] as const),
    ...model.functions.map((fn) => [functionName(fn), functionText(fn)] as const),
  ]);
}

function functionName({ domain = '', name = '', overload }: FunctionProto): string {
  return `function ${domain}::${name}${overload ? `:${overload}` : ''}`;
}

/** Its interface and its size; the nodes are compared one by one. */
function functionText({ input, output, attribute, attributeProto, node }: FunctionProto): string {
  const defaults = attributeProto.map((one) => `${one.name ?? ''} = ${attributeText(one)}`);
  const attributes = [...attribute, ...defaults];
  const what = attributes.length === 0 ? '' : `[${attributes.join(', ')}] `;
  return `${what}${signatureText(input, output)}, ${node.length} nodes`;
}

function diffOpsets(before: ModelProto, after: ModelProto): Change<number | null>[] {
  const versions = ({ opsetImport }: ModelProto): Map<string, number> =>
    new Map(opsetImport.map((entry) => [entry.domain || 'ai.onnx', entry.version ?? 0]));
  return diffMaps(versions(before), versions(after));
}

function diffMaps<T>(before: Map<string, T>, after: Map<string, T>): Change<T | null>[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((what) => ({ what, before: before.get(what) ?? null, after: after.get(what) ?? null }))
    .filter((change) => change.before !== change.after);
}

function diffInterface(before: readonly ValueInfoProto[], after: readonly ValueInfoProto[]): InterfaceChange[] {
  const [old, fresh] = [before, after].map((list) => new Map(list.map((v) => [v.name ?? '', tensorInfo(v)])));
  return [...new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])]
    .map((name) => ({ name, before: old?.get(name) ?? null, after: fresh?.get(name) ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
