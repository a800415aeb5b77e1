/**
 * int8 without calibration: weights of MatMul and Gemm symmetric int8, activations quantized to uint8 at each run by
 * DynamicQuantizeLinear; in the bodies of If, Loop and Scan too. Convolutions stay float: ConvInteger is slower than the
 * float kernel.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { intAttribute } from '../../onnx/attribute.ts';
import { embedData } from '../../onnx/external/place-data.ts';
import { type Needs, skippedFindings } from '../applicability.ts';
import { parseOptions } from '../check-options.ts';
import { chosenInAllGraphs, countByOperator, prepareModel } from '../preparation/prepare.ts';
import {
  calibrationOf,
  type QuantizeDeps,
  type QuantizeInput,
  type QuantizeOutput,
  type Quantizer,
  type Recipe,
} from '../quantizer.ts';
import type { WeightedNode } from '../weighted-nodes.ts';
import { dynamicInt8Options } from './options.ts';
import { DynamicRewriter } from './rewrite.ts';
import { smooth } from './smoothing.ts';

/** Opset 11 brought DynamicQuantizeLinear. A transposed activation would have to be turned at each run. */
const NEEDS: Needs = {
  method: 'dynamic-int8',
  operators: ['MatMul', 'Gemm'],
  opset: 11,
  hasBodies: true,
  accepts: (item: WeightedNode) => intAttribute(item.node, 'transA', 0) === 0,
};

export const dynamicInt8: Quantizer = {
  requires: (model) => skippedFindings(model, NEEDS),
  run,
};

async function run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput> {
  const options = parseOptions(dynamicInt8Options, input.options, NEEDS.method);
  const needs = {
    ...NEEDS,
    operators: NEEDS.operators.filter((operator) => options.opTypes.some((o) => o === operator)),
  };
  const prepared = prepareModel(input, needs, options.excludeNodes);
  const found = chosenInAllGraphs(prepared, needs);
  // Noise has no outliers that those of real samples could be guessed from.
  const samples = options.smoothing && input.calibration?.isRandom === false ? input.calibration : null;
  const chosen = samples === null ? found : await smooth(prepared, found, samples, options, deps);
  const rewriter = new DynamicRewriter(options);
  for (const [index, item] of chosen.entries()) {
    await nextTurn();
    deps.signal.throwIfAborted();
    rewriter.quantize(item);
    deps.report(index + 1, chosen.length, 'tensors');
  }
  rewriter.finish();
  const recipe: Recipe = {
    method: NEEDS.method,
    precision: 'int8',
    options,
    calibration: samples === null ? null : calibrationOf(samples),
    opset: prepared.opset,
    quantizedNodes: countByOperator(chosen),
  };
  return { proto: embedData(prepared.proto).proto, recipe, findings: [] };
}
