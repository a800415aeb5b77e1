/** Puts QuantizeLinear and DequantizeLinear around the planned nodes, where ONNX Runtime expects them for its fusions. */
import { withAttributes } from '../../onnx/attribute.ts';
import type { GraphEditor } from '../../onnx/graph-editor.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import type { Range } from '../affine.ts';
import type { Calibration } from '../calibration/ranges.ts';
import { Activations } from './activations.ts';
import { activationForm, type StaticInt8Options } from './options.ts';
import type { Plan, PlannedNode } from './plan.ts';
import { ConstantQuantizer } from './weighted-constants.ts';

export class StaticRewriter {
  readonly #editor: GraphEditor;
  readonly #plan: Plan;
  readonly activations: Activations;
  readonly #constants: ConstantQuantizer;
  /** What comes in the place of a planned node: what feeds it, itself, what follows it. */
  readonly #replacements = new Map<NodeProto, readonly NodeProto[]>();

  constructor(editor: GraphEditor, plan: Plan, calibration: Calibration, options: StaticInt8Options) {
    this.#editor = editor;
    this.#plan = plan;
    const ranges = new Map(calibration.ranges);
    for (const [tensor, other] of plan.sharedRanges) ranges.set(tensor, ranges.get(other) as Range);
    this.activations = new Activations(editor, ranges, activationForm(options), plan.integerOutputs);
    this.#constants = new ConstantQuantizer(editor, options, calibration.means);
  }

  /** Quantizes one planned node. Nothing moves in the graph before `finish`, and nodes come in the order of the graph. */
  quantize(planned: PlannedNode): void {
    const { node, data, operator } = planned.item;
    const nodes: NodeProto[] = [];
    const input = this.activations.dequantized(data, nodes);
    const constants = this.#constants.quantize(planned.item, this.activations.scale(data), nodes);
    const done = operator === 'Gemm' ? ['alpha', ...(constants.isBetaDone ? ['beta'] : [])] : [];
    const result = { ...withAttributes(node, done), input: [input, ...constants.inputs] };
    if (!planned.isOutputQuantized) {
      nodes.push(result);
    } else {
      // The dequantized tensor takes over the public name, so that nobody who takes it has to change.
      const raw = this.#editor.fresh(`${planned.output}_QuantizeLinear_Input`);
      nodes.push({ ...result, output: [raw] }, ...this.activations.pair(planned.output, raw, planned.output));
    }
    this.#replacements.set(node, nodes);
  }

  /** Puts everything in its place and removes what it replaced. */
  finish(): void {
    const { graph } = this.#editor;
    const absorbed = this.#plan.nodes.flatMap((planned) => planned.absorbed ?? []);
    const skipped = new Set(absorbed);
    graph.node = graph.node.flatMap((node) => (skipped.has(node) ? [] : (this.#replacements.get(node) ?? [node])));
    this.#editor.forgetTypes(new Set(absorbed.map((node) => node.input[0] as string)));
    const replaced = [...this.#replacements.keys(), ...absorbed];
    this.#editor.removeUnused(replaced.flatMap((node) => node.input.slice(1)));
  }
}
