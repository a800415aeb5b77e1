/** Small models judged for one target, by what the file itself says about types. */
import { analyzeModel } from '../../../src/analysis/analyze.ts';
import { compatibilityOf } from '../../../src/analysis/compatibility/compatibility.ts';
import type { Compatibility } from '../../../src/analysis/compatibility/facts.ts';
import type { ServingPlan } from '../../../src/analysis/compatibility/target.ts';
import {
  type GraphParts,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeOptions,
} from '../../../src/onnx/build.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import type { ModelProto } from '../../../src/onnx/proto.ts';
import { asModel } from '../models.ts';

const PLAN: ServingPlan = { tritonTag: '26.07', gpus: 0, maxBatchSize: 8 };

export interface JudgeOptions {
  readonly plan?: Partial<ServingPlan>;
  readonly bind?: Readonly<Record<string, number>>;
}

export async function judge(
  target: string,
  proto: ModelProto,
  { plan, bind }: JudgeOptions = {},
): Promise<Compatibility> {
  const model = asModel(proto);
  const { signal } = new AbortController();
  const { findings, compatibility, ...facts } = await analyzeModel(model, { sha256: '', signal, shapes: 'skip' });
  const all = compatibilityOf(model, facts, findings, { plan: { ...PLAN, ...plan }, bind: bind ?? {} });
  return all.find((entry) => entry.target === target) as Compatibility;
}

export interface NodeModel {
  readonly opset?: number;
  readonly inputs?: readonly DataType[];
  readonly output?: DataType;
  readonly options?: NodeOptions;
  readonly parts?: Partial<GraphParts>;
}

/** One node named `n` that takes inputs `x0`, `x1`, … of these types and gives `y`. */
export function nodeModel(
  opType: string,
  { opset = 17, inputs = ['float32'], output, options, parts }: NodeModel = {},
) {
  const names = inputs.map((_, index) => `x${index}`);
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode(opType, names, ['y'], { name: 'n', ...options })],
    inputs: inputs.map((type, index) => makeValueInfo(`x${index}`, type, [1, 4])),
    outputs: [makeValueInfo('y', output ?? inputs[0] ?? 'float32', [1, 4])],
    ...parts,
  });
  const model = makeModel({ graph, opset, irVersion: 10 });
  const domain = options?.domain;
  if (domain) model.opsetImport.push({ domain, version: 1 });
  return model;
}
