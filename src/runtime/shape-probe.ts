/** Copies of a model that ask ONNX Runtime for shapes; the model that they are made from stays as it is. */
import type { Bindings } from '../onnx/bindings.ts';
import { makeNode, makeValueInfo } from '../onnx/build.ts';
import { dataTypeOf } from '../onnx/data-type.ts';
import { embedData } from '../onnx/external/place-data.ts';
import type { DimensionProto, GraphProto, ModelProto, TensorProto, ValueInfoProto } from '../onnx/proto.ts';
import { tensorByteLength } from '../onnx/tensor.ts';

type Model = ModelProto & { graph: GraphProto };

/** Values that shapes are calculated from are small; weights are not. */
const MAX_VALUES_BYTES = 1024;

/**
 * A copy with every intermediate as an output without a type, with bound dimensions, and with large initializers as
 * graph inputs. External data that remains, such as that of small tensors, is embedded.
 */
export function probeModel(model: Model, bind: Bindings): Model {
  const { graph } = model;
  const moved = graph.initializer.filter(isWeight);
  const listed = new Set(graph.input.map((input) => input.name));
  const added = moved
    .filter((tensor) => !listed.has(tensor.name))
    .map((tensor) => makeValueInfo(tensor.name ?? '', dataTypeOf(tensor.dataType) ?? 'float32', tensor.dims));
  const probe: Model = {
    ...model,
    graph: {
      ...graph,
      initializer: graph.initializer.filter((tensor) => !isWeight(tensor)),
      input: [...graph.input.map((input) => bound(input, bind)), ...added],
      output: [...graph.output.map((output) => bound(output, bind)), ...intermediates(graph)],
      valueInfo: graph.valueInfo.map((value) => bound(value, bind)),
    },
  };
  return embedData(probe).proto;
}

/** Adds a `Shape` node for each name; `probes` says which output belongs to which name. */
export function withRankProbes(model: Model, names: readonly string[]): { proto: Model; probes: Map<string, string> } {
  const probes = new Map(names.map((name, index) => [`nimify:rank:${index}`, name]));
  const nodes = [...probes].map(([output, name]) => makeNode('Shape', [name], [output]));
  const outputs = [...probes.keys()].map((name) => ({ name, metadataProps: [] }));
  const { graph } = model;
  const proto = {
    ...model,
    graph: { ...graph, node: [...graph.node, ...nodes], output: [...graph.output, ...outputs] },
  };
  return { proto, probes };
}

/** The symbols that the main graph uses for its dimensions. */
export function namesOfDims(graph: GraphProto): Set<string> {
  const dims = [...graph.input, ...graph.output, ...graph.valueInfo].flatMap(dimsOf);
  return new Set(dims.map((dim) => dim.dimParam ?? '').filter((symbol) => symbol !== ''));
}

function dimsOf(value: ValueInfoProto): DimensionProto[] {
  return value.type?.tensorType?.shape?.dim ?? [];
}

function isWeight(tensor: TensorProto): boolean {
  return dataTypeOf(tensor.dataType) !== undefined && tensorByteLength(tensor) > MAX_VALUES_BYTES;
}

function intermediates(graph: GraphProto): ValueInfoProto[] {
  const known = new Set(graph.output.map((output) => output.name));
  const names = new Set(graph.node.flatMap((node) => node.output));
  return [...names].filter((name) => name !== '' && !known.has(name)).map((name) => ({ name, metadataProps: [] }));
}

function bound(value: ValueInfoProto, bind: Bindings): ValueInfoProto {
  const sizes = dimsOf(value).map((dim, axis) => sizeOf(dim, `${value.name}:${axis}`, bind));
  if (sizes.every((size) => size === undefined)) return value;
  const dim = dimsOf(value).map((old, axis) => (sizes[axis] === undefined ? old : { dimValue: sizes[axis] }));
  return { ...value, type: { ...value.type, tensorType: { ...value.type?.tensorType, shape: { dim } } } };
}

function sizeOf(dim: DimensionProto, place: string, bind: Bindings): number | undefined {
  if (dim.dimValue !== undefined && dim.dimValue >= 0) return undefined;
  if (Object.hasOwn(bind, place)) return bind[place];
  return dim.dimParam && Object.hasOwn(bind, dim.dimParam) ? bind[dim.dimParam] : undefined;
}
