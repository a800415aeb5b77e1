/**
 * The whole model in float16: half the size, for GPUs that calculate in it. What float16 cannot do stays float32, with a
 * Cast where the two meet; sizes that the graph calculates stay exact.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { closest } from '../../base/closest.ts';
import { NimifyError } from '../../base/errors.ts';
import { dropInitializerInputs } from '../../onnx/clean-up/initializer-inputs.ts';
import { nodeNames } from '../../onnx/clean-up/node-names.ts';
import { namesOfModel } from '../../onnx/fresh-names.ts';
import { graphsBelow, opsetVersion } from '../../onnx/graph.ts';
import { inlineFunctions } from '../../onnx/inline-functions.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import { upgradeOpset } from '../../onnx/opset-upgrade/upgrade.ts';
import type { GraphProto } from '../../onnx/proto.ts';
import { inferShapes } from '../../runtime/shapes.ts';
import { notApplicable, skipped, upgradeObstacle } from '../applicability.ts';
import { checkExcluded, parseOptions } from '../check-options.ts';
import { clampFindings } from '../clamp-findings.ts';
import { withoutFloatWeights } from '../float-weights.ts';
import { HalfWeights } from '../half-weights.ts';
import type { QuantizeDeps, QuantizeInput, QuantizeOutput, Quantizer } from '../quantizer.ts';
import { GraphConverter } from './convert.ts';
import { float16Options } from './options.ts';
import { Plan } from './plan.ts';
import { wishesOf } from './wishes.ts';

const METHOD = 'float16';

/** ONNX Runtime guarantees opset 7 and newer; before opset 6, Cast names types in words. */
const OPSET = 7;

export const float16: Quantizer = {
  requires: (model) => skipped(METHOD, obstacle(model)),
  run,
};

async function run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput> {
  const options = parseOptions(float16Options, input.options, METHOD);
  deps.signal.throwIfAborted();
  const reason = obstacle(input.model);
  if (reason !== undefined) throw notApplicable(METHOD, reason);
  nodeNames.run(input.model.proto);
  const excluded = checkExcluded(input.model.proto.graph, options.excludeNodes);
  const proto = upgradeOpset(input.model.proto, OPSET);
  dropInitializerInputs(proto);
  inlineFunctions(proto, ({ name = '' }) => excluded.has(name));
  checkIo(proto.graph, options.floatIo);
  const { signal, temporaryFolder, openSession } = deps;
  const opened = openSession === undefined ? {} : { openSession };
  const shapes = await inferShapes({ ...input.model, proto }, { signal, temporaryFolder, ...opened });
  const plan = new Plan(proto, shapes, wishesOf(options, excluded));
  const weights = new HalfWeights('float16');
  const step = stepper(proto, deps);
  await new GraphConverter(plan.main, { plan, weights, names: namesOfModel(proto), step }).convert();
  const quantizedNodes = plan.halfNodes();
  if (Object.keys(quantizedNodes).length === 0) throw notApplicable(METHOD, 'no node of it can be float16');
  return {
    proto,
    recipe: {
      method: METHOD,
      precision: METHOD,
      options,
      calibration: null,
      opset: opsetVersion(proto) ?? OPSET,
      quantizedNodes,
    },
    findings: clampFindings(weights.clamped, 'float16'),
  };
}

function obstacle({ proto }: OnnxModel): string | undefined {
  if (opsetVersion(proto) === undefined) return 'it imports no version of ai.onnx';
  return withoutFloatWeights({ proto }) ?? upgradeObstacle(proto, OPSET);
}

/** Counts nodes and initializers of all graphs. */
function stepper({ graph }: { readonly graph: GraphProto }, { signal, report }: QuantizeDeps): () => Promise<void> {
  const graphs = [...graphsBelow(graph, [])].map((placed) => placed.graph);
  const total = graphs.reduce((sum, { node, initializer }) => sum + node.length + initializer.length, 0);
  let done = 0;
  return async () => {
    // Thousands of nodes need no turn each.
    if (done % 64 === 0) await nextTurn();
    signal.throwIfAborted();
    done += 1;
    report(done, total, 'tensors');
  };
}

/** @throws NimifyError CONFIG_INVALID when a name is no input or output of the model */
function checkIo(graph: GraphProto, floatIo: readonly string[]): void {
  const names = [...graph.input, ...graph.output].map(({ name = '' }) => name);
  for (const name of floatIo) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    throw new NimifyError('CONFIG_INVALID', `floatIo names ${JSON.stringify(name)}, which is no input or output.`, {
      hint: near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?`,
      details: { name },
    });
  }
}
