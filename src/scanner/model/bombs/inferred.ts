/** Sizes that follow from the model alone, by the rules of shape inference: chains of operators show here. */
import { byteLengthOf } from '../../../onnx/data-type.ts';
import type { ModelStructure } from '../../../onnx/open.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import { type Inference, inferTypes } from '../../../onnx/shapes/infer.ts';
import type { ValueType } from '../../../onnx/shapes/types.ts';

/** Types take time and memory for each value of a graph; beyond this only the arguments of single nodes are looked at. */
const MAX_NODES = 50_000;

export interface InferredSizes {
  /** Node → bytes of its largest output, for those beyond the limit. */
  readonly outputs: ReadonlyMap<NodeProto, number>;
  /** Bytes of all inputs of the model, which the caller holds anyway. */
  readonly inputBytes: number;
}

/** Dims that are not known count as 1, so that all figures are lower bounds. */
export function inferredSizes({ proto }: ModelStructure, limitBytes: number): InferredSizes {
  const outputs = new Map<NodeProto, number>();
  if (proto.graph.node.length > MAX_NODES) return { outputs, inputBytes: 0 };
  const { types, subgraphs } = infer(proto);
  for (const { graph, types: own } of [{ graph: proto.graph, types }, ...subgraphs]) {
    for (const node of graph.node) {
      const bytes = node.output.reduce((most, name) => Math.max(most, bytesOf(own.get(name))), 0);
      if (bytes > limitBytes) outputs.set(node, bytes);
    }
  }
  const inputBytes = proto.graph.input.reduce((sum, { name }) => sum + bytesOf(types.get(name ?? '')), 0);
  return { outputs, inputBytes };
}

/** The other checks count even where a rule of the inference breaks on a model that nobody thought of. */
function infer(proto: ModelStructure['proto']): Pick<Inference, 'types' | 'subgraphs'> {
  try {
    return inferTypes(proto);
  } catch {
    return { types: new Map(), subgraphs: [] };
  }
}

function bytesOf(type: ValueType | undefined): number {
  if (type?.kind !== 'tensor' || type.shape === null) return 0;
  const elements = type.shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
  return byteLengthOf(type.dataType ?? 'uint8', elements) ?? elements;
}
