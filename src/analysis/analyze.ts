/** Facts and findings about a model: from its structure, and from what can be inferred of its shapes. */
import { NimifyError } from '../base/errors.ts';
import { type Finding, finding } from '../base/findings.ts';
import type { Bindings } from '../onnx/bindings.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { ShapeProblem } from '../onnx/shapes/infer.ts';
import { realInputs, type TensorInfo, tensorInfo } from '../onnx/value-info.ts';
import type { OpenSession } from '../runtime/session.ts';
import type { ModelFacts } from './check.ts';
import { compatibilityOf } from './compatibility/compatibility.ts';
import type { ServingPlan } from './compatibility/target.ts';
import { costsOf } from './costs/costs.ts';
import type { Analysis } from './facts.ts';
import { domainOf, histogram, inferenceGraphs, inferenceNodes, operatorKey } from './operators.ts';
import { isQuantized } from './quantized.ts';
import { CHECKS } from './registry.ts';
import { weightFacts } from './weights.ts';

export interface AnalyzeOptions {
  /** Of the .onnx file, where it is known. */
  readonly sha256: string | null;
  readonly signal: AbortSignal;
  /** Where a large copy of the graph may be written for ONNX Runtime. */
  readonly temporaryFolder?: string;
  /** Sizes for open dims of the inputs: symbol or `input:axis` → size. */
  readonly bind?: Bindings;
  /** How ONNX Runtime is asked; in this process when absent. */
  readonly openSession?: OpenSession;
  /** False where ONNX Runtime must not see the model: then shapes come from the rules alone. */
  readonly canLoad?: boolean;
  /** `skip` reads structure only: no runtime, and neither shapes nor macs nor activations. */
  readonly shapes?: 'infer' | 'skip';
  /** How the model is to be served; without it nothing is said about targets. */
  readonly plan?: ServingPlan;
}

/**
 * Costs what the graph costs: no weight is read.
 * @throws the abort reason of the signal; NimifyError USAGE for a binding that fits no input; what is wrong with the model itself becomes a finding
 */
export async function analyzeModel(model: OnnxModel, options: AnalyzeOptions): Promise<Analysis> {
  const { bind = {} } = options;
  const structure = structureOf(model, options.sha256);
  const findings = CHECKS.flatMap((check) => check.run({ model, facts: structure })).filter(
    (found) => !isBound(found, bind),
  );
  const done = (facts: ModelFacts, all: readonly Finding[]): Analysis => ({
    ...facts,
    compatibility: options.plan ? compatibilityOf(model, facts, all, { plan: options.plan, bind }) : [],
    findings: all,
  });
  if (options.shapes === 'skip') return done(structure, findings);
  const custom = findings.find((found) => found.code === 'CUSTOM_DOMAIN');
  const refusals: Finding[] = [];
  const canLoad = custom === undefined && options.canLoad !== false;
  const costs = await costsOf(model, { ...options, bind, canLoad }, (error) => refusals.push(refusal(error)));
  if (custom !== undefined) {
    const reason = `ONNX Runtime does not have the operators of ${custom.where}`;
    refusals.push(finding('SHAPES_NOT_INFERRED', { reason }));
  }
  const { tensors, subgraphs, problems } = costs.shapes;
  const facts = {
    ...structure,
    inputs: structure.inputs.map((info) => completed(info, tensors)),
    outputs: structure.outputs.map((info) => completed(info, tensors)),
    macs: costs.facts.macs,
    memory: { ...structure.memory, peakActivationBytes: costs.facts.peakActivationBytes },
    costs: costs.facts,
    shapes: tensors,
    subgraphShapes: subgraphs.map((inner) => ({ place: inner.place, tensors: inner.tensors })),
  };
  return done(facts, [...findings, ...refusals, ...(refusals.length > 0 ? [] : contradictions(problems))]);
}

/**
 * Refuses a model that ONNX Runtime cannot run because it lacks operators.
 * @throws NimifyError CUSTOM_OPERATORS
 */
export function requireSupported(analysis: Analysis): void {
  const custom = analysis.findings.filter((found) => found.code === 'CUSTOM_DOMAIN');
  const unknown = analysis.findings.find((found) => found.code === 'UNKNOWN_OPERATOR');
  if (custom.length === 0 && unknown === undefined) return;
  const named = custom.map(({ args }) => `${Object.keys(args.operators as object).join(', ')} of ${args.domain}`);
  const what = custom.length > 0 ? `needs operators that ONNX Runtime does not have: ${named.join('; ')}` : '';
  throw new NimifyError(
    'CUSTOM_OPERATORS',
    `${analysis.model.path} ${what || `cannot run: ${unknown?.args.reason}`}.`,
    {
      hint: 'Export the model without custom operators, or cut them off and do their work before or after the model.',
      details: { domains: custom.map(({ args }) => ({ ...args })) },
    },
  );
}

function structureOf(model: OnnxModel, sha256: string | null): ModelFacts {
  const { proto } = model;
  const nodes = inferenceNodes(proto);
  const operators = histogram(nodes.map(operatorKey));
  const weights = weightFacts(proto);
  return {
    model: { path: model.path, sizeBytes: model.sizeBytes, sha256 },
    externalFiles: model.externalFiles.map(({ location, sizeBytes }) => ({ location, sizeBytes })),
    irVersion: proto.irVersion ?? 0,
    opsets: Object.fromEntries(proto.opsetImport.map((o) => [domainOf(o) || 'ai.onnx', o.version ?? 0])),
    producer: { name: proto.producerName ?? '', version: proto.producerVersion ?? '' },
    inputs: realInputs(proto.graph).map(tensorInfo),
    outputs: proto.graph.output.map(tensorInfo),
    nodeCount: nodes.length,
    subgraphCount: inferenceGraphs(proto).filter(({ place }) => place.length > 0).length,
    functionCount: proto.functions.length,
    operators,
    ...weights,
    isQuantized: isQuantized(operators, weights.weightBytesByType),
    macs: null,
    memory: { weightBytes: weights.weightBytes, peakActivationBytes: null },
    costs: null,
    shapes: null,
    deep: null,
    subgraphShapes: [],
  };
}

/** What the model file leaves open about its inputs and outputs may have been inferred. */
function completed(info: TensorInfo, shapes: Readonly<Record<string, TensorInfo>>): TensorInfo {
  const inferred = Object.hasOwn(shapes, info.name) ? shapes[info.name] : undefined;
  if (inferred === undefined) return info;
  return { ...info, dataType: info.dataType ?? inferred.dataType, shape: info.shape ?? inferred.shape };
}

/**
 * A branch may hold nodes that cannot take all sizes, as long as another runs then.
 * SHAPE_CONTRADICTION args: `reason`, of the first one, and `others`, the number of further ones.
 */
function contradictions(problems: readonly ShapeProblem[]): Finding[] {
  const certain = problems.filter(({ kind, place }) => kind === 'declaration' || place.length === 0);
  const [first] = certain;
  if (first === undefined) return [];
  const where = [...first.place, first.node].join('/');
  return [finding('SHAPE_CONTRADICTION', { reason: first.message, others: certain.length - 1 }, where)];
}

/** The advice to give sizes, when all are given. */
function isBound({ code, args }: Finding, bind: Bindings): boolean {
  if (code !== 'DYNAMIC_SHAPE') return false;
  const names = args.bind as readonly string[];
  return names.length > 0 && names.every((name) => Object.hasOwn(bind, name));
}

/** UNKNOWN_OPERATOR args: `reason`. SHAPES_NOT_INFERRED args: `reason`. */
function refusal(error: NimifyError): Finding {
  const code = error.code === 'CUSTOM_OPERATORS' ? 'UNKNOWN_OPERATOR' : 'SHAPES_NOT_INFERRED';
  return finding(code, { reason: error.message });
}
