/**
 * int8 by calibration: weights as 8-bit integers, activations as integers over the range that samples showed, written as
 * QuantizeLinear and DequantizeLinear pairs (QDQ), which ONNX Runtime fuses into integer kernels.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import { foldChannels } from '../../onnx/clean-up/fold-channels.ts';
import { embedData } from '../../onnx/external/place-data.ts';
import { type Needs, skippedFindings } from '../applicability.ts';
import { calibrate } from '../calibration/ranges.ts';
import { parseOptions } from '../check-options.ts';
import { mergeMatMulBias } from '../preparation/matmul-bias.ts';
import { chosenNodes, countByOperator, prepareModel } from '../preparation/prepare.ts';
import {
  calibrationOf,
  type QuantizeDeps,
  type QuantizeInput,
  type QuantizeOutput,
  type Quantizer,
  type Recipe,
} from '../quantizer.ts';
import { WEIGHTED_OPERATORS } from '../weighted-nodes.ts';
import { meanRequests } from './bias-correction.ts';
import { equalize } from './equalization.ts';
import { activationForm, staticInt8Options } from './options.ts';
import { planNodes } from './plan.ts';
import { referenceOf, searchable, searchRanges } from './range-search.ts';
import { StaticRewriter } from './rewrite.ts';
import { stemNodes } from './stem.ts';

/** DequantizeLinear has an axis since opset 13, and takes integers of 16 bits since 21. */
const NEEDS: Needs = { method: 'static-int8', operators: WEIGHTED_OPERATORS, opset: 13 };
const OPSET_OF_16_BITS = 21;

export const staticInt8: Quantizer = {
  requires: (model) => skippedFindings(model, NEEDS),
  run,
};

async function run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput> {
  const options = parseOptions(staticInt8Options, input.options, NEEDS.method);
  const samples = input.calibration;
  if (samples === null) {
    throw new NimifyError('DATA_EMPTY', 'static-int8 needs samples to calibrate with.', {
      hint: 'Give a folder or file with --data PATH, or take --method dynamic-int8.',
    });
  }
  const form = activationForm(options);
  const { isSymmetric } = form;
  const opsetNeeded = form.type.endsWith('16') ? OPSET_OF_16_BITS : NEEDS.opset;
  const needs = { ...NEEDS, operators: options.opTypes, opset: opsetNeeded };
  const prepared = prepareModel(input, needs, options.excludeNodes);
  const { proto, editor, excluded, opset } = prepared;
  foldChannels(editor, { layers: ['Conv'], operators: ['BatchNormalization', 'Add', 'Mul'], excluded });
  await mergeMatMulBias(prepared, options.opTypes, deps);
  if (options.equalization && options.perChannel) {
    await equalize(prepared, chosenNodes(prepared, needs), samples, options, deps);
  }
  const suitable = chosenNodes(prepared, needs);
  const stem = options.floatStem ? stemNodes(proto.graph, suitable) : new Set<string>();
  // A network that is all stem is quantized nevertheless: that is what was asked for.
  const chosen = stem.size === suitable.length ? suitable : suitable.filter((item) => !stem.has(item.node.name));
  const plan = planNodes(chosen, editor, { excluded, isSymmetric, quantizeOutputs: options.quantizeOutputs });
  const means = options.biasCorrection ? meanRequests(chosen) : [];
  const { calibrationMethod: method, percentile } = options;
  const rule = { method, percentile, form };
  const calibration = await calibrate({ model: proto, tensors: plan.tensors, means, samples, rule }, deps);
  const { ranges } = calibration;
  const tensors = options.rangeSearch ? searchable(plan.floatOutputs, ranges, isSymmetric) : [];
  const reference = await referenceOf(proto, tensors, samples, deps);
  const rewriter = new StaticRewriter(editor, plan, calibration, options);
  for (const [index, planned] of plan.nodes.entries()) {
    await nextTurn();
    deps.signal.throwIfAborted();
    rewriter.quantize(planned);
    deps.report(index + 1, plan.nodes.length, 'tensors');
  }
  rewriter.finish();
  const { activations } = rewriter;
  if (reference !== undefined) await searchRanges({ proto, activations, ranges, tensors, samples }, reference, deps);
  const recipe: Recipe = {
    method: NEEDS.method,
    precision: 'int8',
    options,
    calibration: calibrationOf(samples),
    opset,
    quantizedNodes: countByOperator(chosen),
  };
  return { proto: embedData(proto).proto, recipe, findings: [], histograms: calibration.histograms };
}
