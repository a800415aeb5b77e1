/** Puts integer weights in the place of float ones: MatMulNBits for matrices, a DequantizeLinear before any other node. */
import { intAttribute } from '../../onnx/attribute.ts';
import { makeNode, makeTensor } from '../../onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../onnx/data-type.ts';
import type { GraphScope } from '../../onnx/graph-scopes.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import { addIntegerWeight, roundWeight, withScales } from '../integer-weights.ts';
import { weightForm } from '../weights.ts';
import { BlockMatrix, type LazyTensor } from './block-matrix.ts';
import type { WeightOnlyOptions } from './options.ts';
import type { WeightTarget } from './targets.ts';

/** Initializers of a matrix in blocks; those of one weight serve all nodes that take it. */
interface Blocks {
  readonly rows: number;
  readonly columns: number;
  /** Integers, scales and, unless symmetric, zero points. */
  readonly inputs: readonly string[];
}

export class WeightRewriter {
  readonly #options: WeightOnlyOptions;
  readonly #blocks = new Map<TensorProto, Map<boolean, Blocks>>();
  /** Inputs of the DequantizeLinear of a weight, by its axis. */
  readonly #channels = new Map<TensorProto, Map<number, readonly string[]>>();
  /** What comes before a node, and what stands in its place. */
  readonly #before = new Map<NodeProto, NodeProto[]>();
  readonly #instead = new Map<NodeProto, readonly NodeProto[]>();
  readonly #scopes = new Set<GraphScope>();
  readonly #replaced = new Map<GraphScope, Set<string>>();

  constructor(options: WeightOnlyOptions) {
    this.#options = options;
  }

  /** Nothing moves in the graphs before `finish`. */
  quantize(target: WeightTarget): void {
    const { scope, node, weight, position, form } = target;
    this.#scopes.add(scope);
    const names = this.#replaced.get(weight.home) ?? new Set();
    this.#replaced.set(weight.home, names.add(node.input[position] as string));
    if (form === 'blocks') this.#instead.set(node, this.#multiplication(target));
    else this.#dequantize(target);
  }

  /** Puts everything in its place and removes the weights that nobody takes any more. */
  finish(): void {
    for (const { graph } of this.#scopes) {
      graph.node = graph.node.flatMap((node) => [
        ...(this.#before.get(node) ?? []),
        ...(this.#instead.get(node) ?? [node]),
      ]);
    }
    for (const [{ editor }, names] of this.#replaced) editor.removeUnused(names);
  }

  #multiplication(target: WeightTarget): NodeProto[] {
    const { node, operator, scope } = target;
    const { weightBits, blockSize, accuracyLevel } = this.#options;
    const { rows, columns, inputs } = this.#blocksOf(target);
    const attributes = {
      K: BigInt(rows),
      N: BigInt(columns),
      bits: BigInt(weightBits),
      block_size: BigInt(blockSize),
      ...(accuracyLevel === 0 ? {} : { accuracy_level: BigInt(accuracyLevel) }),
    };
    const [data = ''] = node.input;
    const [output = ''] = node.output;
    const bias = operator === 'Gemm' ? (node.input[2] ?? '') : '';
    const name = scope.editor.fresh(`${node.name}_Q${weightBits}`);
    const product = bias === '' ? output : scope.editor.fresh(`${node.name}_product`);
    const options = { name, domain: 'com.microsoft', attributes };
    const nodes = [makeNode('MatMulNBits', [data, ...inputs], [product], options)];
    if (bias !== '') {
      nodes.push(makeNode('Add', [product, bias], [output], { name: scope.editor.fresh(`${node.name}_bias`) }));
    }
    return nodes;
  }

  #blocksOf({ node, operator, weight, position }: WeightTarget): Blocks {
    const isTransposed = operator === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
    const forms = this.#blocks.get(weight.tensor) ?? new Map<boolean, Blocks>();
    this.#blocks.set(weight.tensor, forms);
    const known = forms.get(isTransposed);
    if (known !== undefined) return known;
    const { weightBits: bits, blockSize, weightSymmetric: isSymmetric } = this.#options;
    const matrix = new BlockMatrix(weight.tensor, isTransposed, { bits, blockSize, isSymmetric });
    const name = node.input[position] as string;
    const add = (suffix: string, type: DataType, tensor: LazyTensor) =>
      weight.home.editor.addTensor(lazyTensor(`${name}_${suffix}`, type, tensor));
    const inputs = [add(`Q${bits}`, 'uint8', matrix.packed()), add('scales', matrix.type, matrix.scales())];
    if (!isSymmetric) inputs.push(add('zero_points', 'uint8', matrix.zeroPoints()));
    const blocks = { rows: matrix.rows, columns: matrix.columns, inputs };
    forms.set(isTransposed, blocks);
    return blocks;
  }

  /** ONNX Runtime computes the floats at each run; where several nodes take the weight, each has its own. */
  #dequantize(target: WeightTarget): void {
    const { scope, node, position, axis } = target;
    const name = node.input[position] as string;
    const output = scope.editor.fresh(`${name}_DequantizeLinear_Output`);
    const options = { name: scope.editor.fresh(`${name}_DequantizeLinear`), attributes: { axis: BigInt(axis) } };
    const nodes = this.#before.get(node) ?? [];
    nodes.push(makeNode('DequantizeLinear', this.#channelsOf(target), [output], options));
    this.#before.set(node, nodes);
    node.input = node.input.map((input, index) => (index === position ? output : input));
  }

  #channelsOf({ node, weight, position, axis }: WeightTarget): readonly string[] {
    const forms = this.#channels.get(weight.tensor) ?? new Map<number, readonly string[]>();
    this.#channels.set(weight.tensor, forms);
    const known = forms.get(axis);
    if (known !== undefined) return known;
    const name = node.input[position] as string;
    const { dims } = weight.tensor;
    const data = loadTensor(weight.tensor).data as Float32Array;
    const rounded = roundWeight(withScales({ name, dims, data, axis }, weightForm('int8', false)));
    const { quantized, scale, zeroPoint } = addIntegerWeight(weight.home.editor, rounded);
    const inputs = [quantized, scale, zeroPoint];
    forms.set(axis, inputs);
    return inputs;
  }
}

function lazyTensor(name: string, type: DataType, { dims, bytes }: LazyTensor): TensorProto {
  const empty = makeTensor(name, { dataType: type, dims, data: new Uint8Array(0) });
  return { ...empty, dataType: DATA_TYPES[type].code, rawData: bytes };
}
