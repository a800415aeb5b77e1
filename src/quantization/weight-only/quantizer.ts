/**
 * Integers for weights alone: activations stay float, and no data is needed. Matrices become blocks of 4 or 8 bits that
 * ONNX Runtime's MatMulNBits multiplies as they are, or that a DequantizeLinear of ONNX turns back; other weights int8 that a DequantizeLinear turns back at each run.
 * Blocks are made while the model is written, so that no more than one matrix is in memory.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NimifyError } from '../../base/errors.ts';
import { dropInitializerInputs } from '../../onnx/clean-up/initializer-inputs.ts';
import { nodeNames } from '../../onnx/clean-up/node-names.ts';
import { opsetVersion } from '../../onnx/graph.ts';
import type { OnnxModel } from '../../onnx/open.ts';
import { upgradeOpset } from '../../onnx/opset-upgrade/upgrade.ts';
import type { ModelProto } from '../../onnx/proto.ts';
import { alreadyQuantized, notApplicable, skipped } from '../applicability.ts';
import { checkExcluded, parseOptions } from '../check-options.ts';
import type { Precision, QuantizeDeps, QuantizeInput, QuantizeOutput, Quantizer } from '../quantizer.ts';
import { type WeightOnlyOptions, weightOnlyOptions } from './options.ts';
import { WeightRewriter } from './rewrite.ts';
import { type TargetOptions, type WeightTarget, weightTargets } from './targets.ts';

const METHOD = 'weight-only';

/** DequantizeLinear has an axis since opset 13, and blocks and 4 bits since 21. */
const CHANNELS_OPSET = 13;
const LINEAR_BLOCKS_OPSET = 21;

export const weightOnly: Quantizer = {
  requires: (model) => skipped(METHOD, obstacle(model, weightOnlyOptions.parse({}))),
  run,
};

function obstacle({ proto }: OnnxModel, options: TargetOptions): string | undefined {
  const reason = alreadyQuantized(proto.graph);
  if (reason !== undefined) return reason;
  if (weightTargets(proto.graph, options).length > 0) return undefined;
  const operators = options.weightOperators;
  return `it has no ${operators.join(', ')} node with a constant weight of two dims or more, in any graph`;
}

async function run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput> {
  const options = parseOptions(weightOnlyOptions, input.options, METHOD);
  checkForm(options);
  const reason = obstacle(input.model, options);
  if (reason !== undefined) throw notApplicable(METHOD, reason);
  nodeNames.run(input.model.proto);
  const excluded = checkExcluded(input.model.proto.graph, options.excludeNodes);
  const targetsOf = ({ graph }: OnnxModel['proto']) => weightTargets(graph, options, excluded);
  const proto = upgradeOpset(input.model.proto, neededOpset(targetsOf(input.model.proto), options));
  dropInitializerInputs(proto);
  const targets = targetsOf(proto);
  if (targets.length === 0) throw notApplicable(METHOD, 'excludeNodes leaves no weight to quantize');
  const rewriter = new WeightRewriter(options, targets);
  for (const [index, target] of targets.entries()) {
    await nextTurn();
    deps.signal.throwIfAborted();
    rewriter.quantize(target);
    deps.report(index + 1, targets.length, 'tensors');
  }
  rewriter.finish();
  if (options.weightForm !== 'qdq' && targets.some(({ form }) => form !== 'channels')) importContrib(proto);
  const opset = opsetVersion(proto) as number;
  return {
    proto,
    recipe: {
      method: METHOD,
      precision: precisionOf(targets, options),
      options,
      calibration: null,
      opset,
      quantizedNodes: counts(targets),
    },
    findings: [],
  };
}

/** 0 where none of the written operators is one of ai.onnx. */
function neededOpset(targets: readonly WeightTarget[], { weightForm }: WeightOnlyOptions): number {
  if (weightForm === 'qdq' && targets.some(({ form }) => form === 'blocks')) return LINEAR_BLOCKS_OPSET;
  return targets.some(({ form }) => form === 'channels') ? CHANNELS_OPSET : 0;
}

/** ONNX has no operator that picks rows of blocks: all of a table would be turned back at each run. */
function checkForm({ weightForm, quantizeEmbeddings }: WeightOnlyOptions): void {
  if (weightForm !== 'qdq' || !quantizeEmbeddings) return;
  throw new NimifyError('CONFIG_INVALID', 'quantizeEmbeddings does not go with the weight form qdq.', {
    hint: 'Take --weight-form matmulnbits, or leave the embeddings float.',
    details: { weightForm, quantizeEmbeddings },
  });
}

/** The domain of ONNX Runtime's own operators. */
function importContrib(proto: ModelProto): void {
  const domain = 'com.microsoft';
  if (!proto.opsetImport.some((entry) => entry.domain === domain)) proto.opsetImport.push({ domain, version: 1 });
}

/** Only blocks have a choice of bits. */
function precisionOf(targets: readonly WeightTarget[], { weightBits }: WeightOnlyOptions): Precision {
  const kinds = new Set(targets.map(({ form }) => (form !== 'channels' && weightBits === 4 ? 'int4' : 'int8')));
  const [kind = 'int8'] = kinds;
  return kinds.size > 1 ? 'mixed' : kind;
}

/** Nodes by operator, sorted; a recurrent one with two weights is one node. */
function counts(targets: readonly WeightTarget[]): Record<string, number> {
  const users = new Map<string, Set<object>>();
  for (const { operator, user } of targets) users.set(operator, (users.get(operator) ?? new Set()).add(user));
  const entries = [...users].map(([name, set]) => [name, set.size] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
