/**
 * Puts integer weights in the place of float ones: MatMulNBits for matrices, GatherBlockQuantized for tables of embeddings,
 * a DequantizeLinear before any other node, or before matrices too.
 */
import { makeNode, makeTensor } from '../../onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../onnx/data-type.ts';
import type { GraphScope } from '../../onnx/graph-scopes.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { loadTensor } from '../../onnx/tensor.ts';
import { addIntegerWeight, roundWeight, withScales } from '../integer-weights.ts';
import { weightForm } from '../weights.ts';
import { BlockMatrix, type LazyTensor } from './block-matrix.ts';
import type { BlockScheme } from './block-table.ts';
import type { WeightOnlyOptions } from './options.ts';
import type { WeightTarget } from './targets.ts';

/** Initializers of a matrix in blocks; those of one weight serve all nodes that take it. */
interface Blocks {
  readonly rows: number;
  readonly columns: number;
  /** Integers, scales and, unless symmetric, zero points. */
  readonly inputs: readonly string[];
}

/** What a DequantizeLinear is made of. */
interface Dequantized {
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, bigint>>;
}

export class WeightRewriter {
  readonly #options: WeightOnlyOptions;
  readonly #scheme: BlockScheme;
  readonly #blocks = new Map<TensorProto, Map<boolean, Blocks>>();
  /** Inputs of the DequantizeLinear of a matrix in blocks. */
  readonly #linear = new Map<TensorProto, Map<boolean, readonly string[]>>();
  /** Inputs of the DequantizeLinear of a weight, by its axis. */
  readonly #channels = new Map<TensorProto, Map<number, readonly string[]>>();
  /** What comes before a node, and what stands in its place. */
  readonly #before = new Map<NodeProto, NodeProto[]>();
  readonly #instead = new Map<NodeProto, readonly NodeProto[]>();
  readonly #scopes = new Set<GraphScope>();
  readonly #replaced = new Map<GraphScope, Set<string>>();
  /** Nodes that turned weights which are integers now. */
  readonly #turns = new Map<GraphScope, Set<string>>();
  /** Nodes at the head of a graph: they take nothing but constants. */
  readonly #first = new Map<GraphScope, NodeProto[]>();
  /** Tables that a MatMulNBits takes too, and what a GatherBlockQuantized takes of them. */
  readonly #tied: ReadonlySet<TensorProto>;
  readonly #tables = new Map<TensorProto, string>();

  /** @param targets all that are going to be quantized */
  constructor(options: WeightOnlyOptions, targets: readonly WeightTarget[]) {
    this.#options = options;
    const { weightBits: bits, blockSize, weightSymmetric: isSymmetric } = options;
    this.#scheme = { bits, blockSize, isSymmetric };
    const multiplied = targets.filter(({ form, isTransposed }) => form === 'blocks' && isTransposed);
    this.#tied = new Set(multiplied.map(({ weight }) => weight.tensor));
  }

  /** Nothing moves in the graphs before `finish`. */
  quantize(target: WeightTarget): void {
    const { scope, node, weight, name, form, turn } = target;
    this.#scopes.add(scope).add(weight.home);
    note(this.#replaced, weight.home, name);
    if (turn !== undefined) {
      this.#scopes.add(turn.scope);
      note(this.#turns, turn.scope, turn.node.output[0] as string);
      note(this.#replaced, turn.scope, name);
    }
    if (form === 'blocks' && this.#options.weightForm === 'qdq') this.#dequantize(target, this.#linearOf(target));
    else if (form === 'blocks') this.#instead.set(node, this.#multiplication(target));
    else if (form === 'rows') this.#instead.set(node, [this.#gathering(target)]);
    else this.#dequantize(target, { inputs: this.#channelsOf(target), attributes: { axis: BigInt(target.axis) } });
  }

  /** Puts everything in its place and removes the weights that nobody takes any more. */
  finish(): void {
    for (const scope of this.#scopes) {
      const nodes = scope.graph.node.flatMap((node) => [
        ...(this.#before.get(node) ?? []),
        ...(this.#instead.get(node) ?? [node]),
      ]);
      scope.graph.node = [...(this.#first.get(scope) ?? []), ...nodes];
    }
    for (const [{ editor }, outputs] of this.#turns) editor.removeUnusedNodes(outputs);
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

  /** Its data are [rows, bytes of a row]: the blocks of MatMulNBits, which have three dims, without the seams. */
  #gathering(target: WeightTarget): NodeProto {
    const { node, scope } = target;
    const { weightBits: bits, blockSize } = this.#options;
    const { inputs } = this.#blocksOf(target);
    const [packed = '', ...affine] = inputs;
    const data = this.#tied.has(target.weight.tensor) ? this.#seamless(target, packed) : packed;
    const attributes = {
      bits: BigInt(bits),
      block_size: BigInt(blockSize),
      gather_axis: 0n,
      quantize_axis: 1n,
    };
    const name = scope.editor.fresh(`${node.name}_Q${bits}`);
    const [, indices = ''] = node.input;
    const options = { name, domain: 'com.microsoft', attributes };
    return makeNode('GatherBlockQuantized', [data, indices, ...affine], node.output, options);
  }

  #seamless({ weight }: WeightTarget, packed: string): string {
    const known = this.#tables.get(weight.tensor);
    if (known !== undefined) return known;
    const { editor } = weight.home;
    const shape = {
      dataType: 'int64',
      dims: [2],
      data: BigInt64Array.from(this.#rowBytes(weight.tensor), BigInt),
    } as const;
    const output = editor.fresh(`${packed}_rows`);
    const inputs = [packed, editor.add(`${packed}_rows_shape`, shape)];
    const nodes = this.#first.get(weight.home) ?? [];
    nodes.push(makeNode('Reshape', inputs, [output], { name: editor.fresh(`${packed}_Reshape`) }));
    this.#first.set(weight.home, nodes);
    this.#tables.set(weight.tensor, output);
    return output;
  }

  #rowBytes({ dims }: TensorProto): [number, number] {
    const [rows, width] = dims as [number, number];
    return [rows, (width * this.#options.weightBits) / 8];
  }

  #blocksOf({ weight, name, isTransposed, form }: WeightTarget): Blocks {
    const forms = this.#blocks.get(weight.tensor) ?? new Map<boolean, Blocks>();
    this.#blocks.set(weight.tensor, forms);
    const known = forms.get(isTransposed);
    if (known !== undefined) return known;
    const { weightBits: bits, weightSymmetric: isSymmetric } = this.#options;
    const matrix = new BlockMatrix(weight.tensor, isTransposed, this.#scheme, this.#options.weightRounding);
    const add = (suffix: string, type: DataType, tensor: LazyTensor) =>
      weight.home.editor.addTensor(lazyTensor(`${name}_${suffix}`, type, tensor));
    const isTable = form === 'rows' && !this.#tied.has(weight.tensor);
    const packed = isTable ? { ...matrix.packed(), dims: this.#rowBytes(weight.tensor) } : matrix.packed();
    const inputs = [add(`Q${bits}`, 'uint8', packed), add('scales', matrix.type, matrix.scales())];
    if (!isSymmetric) inputs.push(add('zero_points', 'uint8', matrix.zeroPoints()));
    const blocks = { rows: matrix.rows, columns: matrix.columns, inputs };
    forms.set(isTransposed, blocks);
    return blocks;
  }

  /** One DequantizeLinear takes blocks along the axis that is multiplied away. */
  #linearOf({ weight, name, isTransposed }: WeightTarget): Dequantized {
    const { weightBits: bits, blockSize, weightSymmetric: isSymmetric } = this.#options;
    const attributes = { axis: isTransposed ? 1n : 0n, block_size: BigInt(blockSize) };
    const forms = this.#linear.get(weight.tensor) ?? new Map<boolean, readonly string[]>();
    this.#linear.set(weight.tensor, forms);
    const known = forms.get(isTransposed);
    if (known !== undefined) return { inputs: known, attributes };
    const matrix = new BlockMatrix(weight.tensor, isTransposed, this.#scheme, this.#options.weightRounding);
    const { packed, scales, zeroPoints } = matrix.linear();
    const add = (suffix: string, type: DataType, tensor: LazyTensor) =>
      weight.home.editor.addTensor(lazyTensor(`${name}_${suffix}`, type, tensor));
    const type = isSymmetric ? (`int${bits}` as const) : (`uint${bits}` as const);
    const inputs = [add(`Q${bits}`, type, packed), add('scales', matrix.type, scales)];
    if (!isSymmetric) inputs.push(add('zero_points', type, zeroPoints));
    forms.set(isTransposed, inputs);
    return { inputs, attributes };
  }

  /** ONNX Runtime computes the floats at each run; where several nodes take the weight, each has its own. */
  #dequantize({ scope, node, position }: WeightTarget, { inputs, attributes }: Dequantized): void {
    const name = node.input[position] as string;
    const output = scope.editor.fresh(`${name}_DequantizeLinear_Output`);
    const options = { name: scope.editor.fresh(`${name}_DequantizeLinear`), attributes };
    const nodes = this.#before.get(node) ?? [];
    nodes.push(makeNode('DequantizeLinear', inputs, [output], options));
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

function note<T>(names: Map<T, Set<string>>, key: T, name: string): void {
  names.set(key, (names.get(key) ?? new Set()).add(name));
}

function lazyTensor(name: string, type: DataType, { dims, bytes }: LazyTensor): TensorProto {
  const empty = makeTensor(name, { dataType: type, dims, data: new Uint8Array(0) });
  return { ...empty, dataType: DATA_TYPES[type].code, rawData: bytes };
}
