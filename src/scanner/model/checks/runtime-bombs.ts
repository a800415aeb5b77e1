/** Small models that ask for gigabytes, or for hours, when they run. */
import { formatBytes } from '../../../base/units.ts';
import { findAttribute } from '../../../onnx/attribute.ts';
import type { GraphProto, NodeProto } from '../../../onnx/proto.ts';
import { tensorByteLength } from '../../../onnx/tensor.ts';
import { Constants } from '../bombs/constants.ts';
import { PRODUCERS } from '../bombs/producers.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import type { Place } from '../walk.ts';

/** Most types take 4 bytes or more; with 1 the figure stays a lower bound. */
const ELEMENT_BYTES = 1;
const MAX_BYTES = 1 << 30;
/** A real model that computes in gigabytes has weights of that order. */
const MAX_RATIO = 16;
const MAX_ITERATIONS = 1_000_000_000;

interface Suspect {
  readonly node: NodeProto;
  readonly place: Place;
  readonly elements: number;
}

export const runtimeBombs: ModelCheck = {
  rules: ['runtime-memory-bomb', 'runtime-endless-loop'],
  visit(context) {
    const constants = new Constants();
    const suspects: Suspect[] = [];
    let weightBytes = 0;
    return {
      graph: (graph) => constants.addGraph(graph),
      fn: (fn) => constants.addNodes(fn.node),
      tensor(tensor) {
        weightBytes += Math.max(0, tensorByteLength(tensor)) || 0;
      },
      node(node, place) {
        if (node.domain !== undefined && node.domain !== '' && node.domain !== 'ai.onnx') return;
        const elements = elementsOf(node, constants);
        if (elements * ELEMENT_BYTES > MAX_BYTES) suspects.push({ node, place, elements });
        if (node.opType === 'Loop') checkLoop(context, node, constants, place);
      },
      end() {
        const modelBytes = Math.max(context.model.sizeBytes, weightBytes);
        for (const { node, place, elements } of suspects) {
          if (elements * ELEMENT_BYTES < modelBytes * MAX_RATIO) continue;
          const what = Number.isFinite(elements)
            ? `${elements} elements, ${formatBytes(elements)} or more`
            : 'endlessly many elements';
          context.report('runtime-memory-bomb', { node: node.name || node.opType || '', what, modelBytes }, place);
        }
      },
    };
  },
};

/** The most that any definition of its arguments makes of it. */
function elementsOf(node: NodeProto, constants: Constants): number {
  const count = PRODUCERS[node.opType ?? ''];
  if (count === undefined) return 0;
  const options = node.input.map((name) => constants.valuesOf(name));
  const rounds = Math.max(1, ...options.map((values) => values.length));
  let most = 0;
  for (let round = 0; round < rounds; round += 1) {
    const input = (index: number) => options[index]?.[Math.min(round, options[index].length - 1)];
    most = Math.max(most, count(node, input) ?? 0);
  }
  return most;
}

/**
 * A Loop ends by its trip count or by the condition that its body computes. Exporters of `while` write the largest int64
 * as count, so a large count alone is normal; it is a trap where the body never changes the condition.
 */
function checkLoop(context: ModelContext, node: NodeProto, constants: Constants, place: Place): void {
  const counts = constants.valuesOf(node.input[0]).map(([first]) => first ?? 0);
  const isUncounted = node.input[0] === undefined || node.input[0] === '';
  const iterations = isUncounted ? Number.POSITIVE_INFINITY : Math.max(0, ...counts);
  const body = findAttribute(node, 'body')?.g;
  if (iterations <= MAX_ITERATIONS || body === undefined || !keepsCondition(body, constants)) return;
  const shown = Number.isFinite(iterations) ? iterations : 'endlessly many';
  context.report('runtime-endless-loop', { node: node.name || 'Loop', iterations: shown }, place);
}

/** True when the condition that comes out of the body is the one that went in, or a constant. */
function keepsCondition(body: GraphProto, constants: Constants): boolean {
  const [into, out] = [body.input[1]?.name, body.output[0]?.name];
  const makers = new Map(body.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  let name = out;
  for (let steps = 0; steps < body.node.length; steps += 1) {
    const maker = makers.get(name ?? '');
    if (maker?.opType !== 'Identity') break;
    name = maker.input[0];
  }
  return name !== undefined && (name === into || constants.valuesOf(name).length > 0);
}
