/** Answers the questions of conversions from what a graph declares; a subgraph asks the graphs around it too. */
import { findAttribute } from '../attribute.ts';
import type { Dim } from '../build.ts';
import { type DataType, dataTypeOf } from '../data-type.ts';
import { allGraphs, allNodes, capturedNames } from '../graph.ts';
import type { GraphProto, ModelProto, TensorProto } from '../proto.ts';
import { type HostTensor, loadTensor } from '../tensor.ts';
import { type TensorInfo, tensorInfo } from '../value-info.ts';
import type { GraphView } from './conversion.ts';

const FLOAT_TYPES: readonly DataType[] = ['float32', 'float16', 'float64', 'bfloat16'];

/** What is true of the whole model and lives as long as its conversion. */
export interface ModelFacts {
  readonly names: Set<string>;
  /** The only float type that the model mentions; null when there are several. */
  readonly onlyFloatType: DataType | null;
}

export function modelFacts(model: ModelProto): ModelFacts {
  const names = new Set<string>();
  const types = new Set<DataType>();
  for (const { graph } of allGraphs(model)) {
    for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) {
      const info = tensorInfo(value);
      names.add(info.name);
      if (info.dataType !== null) types.add(info.dataType);
    }
    for (const tensor of graph.initializer) {
      names.add(tensor.name ?? '');
      types.add(dataTypeOf(tensor.dataType) ?? 'float32');
    }
  }
  for (const node of allNodes(model)) {
    for (const name of [...node.input, ...node.output]) names.add(name);
    for (const type of mentionedTypes(node.opType, findAttribute(node, 'to')?.i, findAttribute(node, 'value')?.t)) {
      types.add(type);
    }
  }
  const floats = FLOAT_TYPES.filter((type) => types.has(type));
  return { names, onlyFloatType: floats.length === 1 ? (floats[0] as DataType) : null };
}

function mentionedTypes(opType: string | undefined, to: bigint | undefined, value: TensorProto | undefined) {
  const codes = [opType === 'Cast' && to !== undefined ? Number(to) : undefined, value?.dataType];
  return codes.map(dataTypeOf).filter((type) => type !== undefined);
}

/** The view of one graph; `outer` is that of the graph around it. */
export function graphView(graph: GraphProto, facts: ModelFacts, outer?: GraphView): GraphView {
  const declared = new Map<string, TensorInfo>();
  for (const value of [...graph.valueInfo, ...graph.output, ...graph.input])
    declared.set(value.name ?? '', tensorInfo(value));
  const constants = new Map<string, TensorProto>(graph.initializer.map((tensor) => [tensor.name ?? '', tensor]));
  const used = new Set(graph.output.map((output) => output.name ?? ''));
  for (const node of graph.node) {
    for (const name of [...node.input, ...capturedNames(node)]) used.add(name);
    const value = node.opType === 'Constant' ? findAttribute(node, 'value')?.t : undefined;
    if (value !== undefined) constants.set(node.output[0] ?? '', value);
  }
  return {
    constant: (name) => loaded(constants.get(name)) ?? outer?.constant(name),
    shape: (name): readonly Dim[] | null =>
      constants.get(name)?.dims ?? declared.get(name)?.shape ?? outer?.shape(name) ?? null,
    floatType: (name) => declared.get(name)?.dataType ?? outer?.floatType(name) ?? facts.onlyFloatType,
    fresh: (base) => fresh(base, facts.names),
    isUsed: (name) => used.has(name),
  };
}

function loaded(tensor: TensorProto | undefined): HostTensor | undefined {
  return tensor === undefined ? undefined : loadTensor(tensor);
}

function fresh(base: string, names: Set<string>): string {
  let name = base;
  for (let i = 1; names.has(name); i += 1) name = `${base}_${i}`;
  names.add(name);
  return name;
}
