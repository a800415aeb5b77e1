/** Small models that ask for gigabytes when they run. */
import { formatBytes } from '../../../base/units.ts';
import type { NodeProto } from '../../../onnx/proto.ts';
import { normalDomain } from '../../../onnx/shapes/functions.ts';
import { tensorByteLength } from '../../../onnx/tensor.ts';
import { Constants } from '../bombs/constants.ts';
import { inferredSizes } from '../bombs/inferred.ts';
import { PRODUCERS } from '../bombs/producers.ts';
import type { ModelCheck } from '../check.ts';
import type { Place } from '../walk.ts';

/** What most element types take; the type of an output need not be known. */
const ELEMENT_BYTES = 4;
const MAX_BYTES = 4 * 2 ** 30;
/** A real model that computes in gigabytes has weights or inputs of that order. */
const MAX_RATIO = 16;

interface Suspect {
  readonly node: NodeProto;
  readonly place: Place;
  readonly bytes: number;
}

export const runtimeBombs: ModelCheck = {
  rules: ['runtime-memory-bomb'],
  visit(context) {
    const constants = new Constants();
    const { outputs, inputBytes } = inferredSizes(context.model, MAX_BYTES);
    const suspects: Suspect[] = [];
    let weightBytes = 0;
    return {
      graph: (graph) => constants.addGraph(graph),
      fn: (fn) => constants.addNodes(fn.node),
      tensor(tensor) {
        weightBytes += Math.max(0, tensorByteLength(tensor)) || 0;
      },
      node(node, place) {
        const isStandard = normalDomain(node.domain) === '';
        const made = isStandard ? elementsOf(node, constants) * ELEMENT_BYTES : 0;
        const bytes = Math.max(made, outputs.get(node) ?? 0);
        if (bytes > MAX_BYTES) suspects.push({ node, place, bytes });
      },
      end() {
        const modelBytes = Math.max(context.model.sizeBytes, weightBytes, inputBytes);
        for (const { node, place, bytes } of suspects) {
          if (bytes < modelBytes * MAX_RATIO) continue;
          const what = Number.isFinite(bytes) ? `${formatBytes(bytes)} or more` : 'endlessly many elements';
          const name = node.name || place.step.replace(/^node /, '');
          context.report('runtime-memory-bomb', { node: name, what, modelBytes: context.model.sizeBytes }, place);
        }
      },
    };
  },
};

/** The most that any definition of its arguments makes of it. */
function elementsOf(node: NodeProto, constants: Constants): number {
  const count = Object.hasOwn(PRODUCERS, node.opType ?? '') ? PRODUCERS[node.opType ?? ''] : undefined;
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
