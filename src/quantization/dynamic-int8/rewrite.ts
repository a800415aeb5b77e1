/** MatMul and Gemm as MatMulInteger between a DynamicQuantizeLinear and the scaling of its int32 result. */
import { floatAttribute, intAttribute } from '../../onnx/attribute.ts';
import { makeNode } from '../../onnx/build.ts';
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { GraphScope } from '../../onnx/graph-scopes.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import {
  addIntegerWeight,
  type IntegerWeight,
  loadWeight,
  roundWeight,
  type WeightOptions,
} from '../integer-weights.ts';
import type { ScopedNode } from '../weighted-nodes.ts';
import { transposed } from './transposed.ts';

interface Activation {
  readonly integers: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

export class DynamicRewriter {
  readonly #options: WeightOptions;
  /** A graph inside another one may run often or never, so each has its own. */
  readonly #activations = new Map<GraphScope, Map<string, Activation>>();
  /** Weights by the factor and the turn that their integers hold; those of one serve all graphs that see it. */
  readonly #weights = new Map<TensorProto, Map<string, IntegerWeight>>();
  readonly #replacements = new Map<NodeProto, readonly NodeProto[]>();
  readonly #replaced = new Map<GraphScope, Set<string>>();

  constructor(options: WeightOptions) {
    this.#options = options;
  }

  /** Quantizes one node. Nothing moves in the graphs before `finish`, and nodes come in the order of their graph. */
  quantize(item: ScopedNode): void {
    const { node, home } = item;
    const { editor } = item.scope;
    const nodes: NodeProto[] = [];
    const data = this.#activation(item, nodes);
    const weight = this.#weight(item);
    const [output] = node.output as [string];
    const name = (role: string) => editor.fresh(`${node.name}_${role}`);
    const add = (operator: string, inputs: string[], result: string, attributes = {}) => {
      nodes.push(makeNode(operator, inputs, [result], { name: result, attributes }));
      return result;
    };
    const integers = [data.integers, weight.quantized, data.zeroPoint, weight.zeroPoint];
    const products = add('MatMulInteger', integers, name('output_quantized'));
    const cast = add('Cast', [products], name('output_cast'), { to: BigInt(DATA_TYPES.float32.code) });
    const scale = add('Mul', [data.scale, weight.scale], name('scales_mul'));
    const bias = item.operator === 'Gemm' ? (node.input[2] ?? '') : '';
    const isLast = bias === '';
    const scaled = isLast ? output : name('output_scaled');
    nodes.push(makeNode('Mul', [cast, scale], [scaled], { name: name('output_scale_mul') }));
    if (!isLast) nodes.push(...addition(editor, node, { scaled, bias, output }));
    this.#replacements.set(node, nodes);
    const names = this.#replaced.get(home) ?? new Set();
    this.#replaced.set(home, names.add(node.input[1] as string));
  }

  /** Puts everything in its place and removes what it replaced. */
  finish(): void {
    for (const { graph } of this.#activations.keys())
      graph.node = graph.node.flatMap((node) => this.#replacements.get(node) ?? [node]);
    for (const [{ editor }, names] of this.#replaced) editor.removeUnused(names);
  }

  /** All nodes of a graph that take an activation share its integers. */
  #activation({ data: tensor, scope }: ScopedNode, nodes: NodeProto[]): Activation {
    const activations = this.#activations.get(scope) ?? new Map<string, Activation>();
    this.#activations.set(scope, activations);
    const known = activations.get(tensor);
    if (known !== undefined) return known;
    const activation = {
      integers: scope.editor.fresh(`${tensor}_quantized`),
      scale: scope.editor.fresh(`${tensor}_scale`),
      zeroPoint: scope.editor.fresh(`${tensor}_zero_point`),
    };
    const name = scope.editor.fresh(`${tensor}_QuantizeLinear`);
    nodes.push(makeNode('DynamicQuantizeLinear', [tensor], Object.values(activation), { name }));
    activations.set(tensor, activation);
    return activation;
  }

  /** MatMulInteger has neither transB nor alpha: both go into the integers and their scale. */
  #weight(item: ScopedNode): IntegerWeight {
    const isGemm = item.operator === 'Gemm';
    const alpha = isGemm ? floatAttribute(item.node, 'alpha', 1) : 1;
    const isTransposed = isGemm && intAttribute(item.node, 'transB', 0) !== 0;
    const forms = this.#weights.get(item.weight) ?? new Map<string, IntegerWeight>();
    this.#weights.set(item.weight, forms);
    const key = JSON.stringify([alpha, isTransposed]);
    const known = forms.get(key);
    if (known !== undefined) return known;
    const loaded = loadWeight(item, this.#options, alpha);
    const weight = addIntegerWeight(item.home.editor, roundWeight(isTransposed ? transposed(loaded) : loaded));
    forms.set(key, weight);
    return weight;
  }
}

interface Addition {
  readonly scaled: string;
  readonly bias: string;
  readonly output: string;
}

function addition(editor: GraphEditor, node: NodeProto, { scaled, bias, output }: Addition): NodeProto[] {
  const beta = floatAttribute(node, 'beta', 1);
  const add = (input: string) =>
    makeNode('Add', [scaled, input], [output], { name: editor.fresh(`${node.name}_bias_add`) });
  if (beta === 1) return [add(bias)];
  const factor = editor.add(`${node.name}_beta`, { dataType: 'float32', dims: [], data: Float32Array.of(beta) });
  const product = editor.fresh(`${node.name}_bias`);
  return [makeNode('Mul', [bias, factor], [product], { name: product }), add(product)];
}
