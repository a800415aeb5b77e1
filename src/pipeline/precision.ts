/** What the weights of a model are that is served as it came. */
import type { Analysis } from '../analysis/facts.ts';
import { intAttribute } from '../onnx/attribute.ts';
import { allGraphs } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import type { Precision } from '../quantization/quantizer.ts';

type Stored = Pick<Analysis, 'isQuantized' | 'weightBytesByType'>;

/** What most of the weights are; of a quantized model, what its integers are. */
export function precisionOf(proto: ModelProto, { isQuantized, weightBytesByType }: Stored): Precision {
  if (isQuantized) return integersOf(proto, weightBytesByType);
  const halves = ['float16', 'bfloat16'] as const;
  const bytesOf = (type: 'float32' | (typeof halves)[number]) => weightBytesByType[type] ?? 0;
  return halves.find((type) => bytesOf(type) > bytesOf('float32')) ?? 'float32';
}

/** MatMulNBits keeps its integers in bytes of type uint8, and says in `bits` how many each has. */
function integersOf(proto: ModelProto, bytesByType: Stored['weightBytesByType']): Precision {
  const nodes = [...allGraphs(proto)].flatMap(({ graph }) => graph.node);
  const bits = nodes.flatMap((node) => (node.opType === 'MatMulNBits' ? [intAttribute(node, 'bits', 4)] : []));
  const isFour = bits.includes(4) || bytesByType.int4 !== undefined || bytesByType.uint4 !== undefined;
  const isEight = bits.includes(8) || bytesByType.int8 !== undefined;
  if (isFour) return isEight ? 'mixed' : 'int4';
  return 'int8';
}
