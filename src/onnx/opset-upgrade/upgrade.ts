/** Raises the version of the ai.onnx operator set that a model imports, node by node. */
import { NimifyError } from '../../base/errors.ts';
import { allGraphs, allNodes, opsetVersion } from '../graph.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from '../proto.ts';
import { type GraphView, refused } from './conversion.ts';
import { CONVERSIONS } from './conversions.ts';
import { graphView, type ModelFacts, modelFacts } from './graph-view.ts';
import { breaksOf, isKnownOperator } from './operator-history.ts';

/** Nodes of older opsets differ in too many small ways; exporters left them in 2017. */
const OLDEST_OPSET = 6;
/** The last version that operator-history.ts covers. */
const NEWEST_OPSET = 21;

/** Opset → the IR version that came with it. Source: docs/Versioning.md of ONNX. */
const IR_VERSIONS: Readonly<Record<number, number>> = {
  9: 4,
  10: 5,
  11: 6,
  12: 7,
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
};

/**
 * The same model written for opset `target`; comes back as it is when it already has that version or a later one.
 * Nodes of other domains and tensors are shared with the given model, which stays unchanged.
 * @throws NimifyError OPSET_UNSUPPORTED, which names the operator that has no conversion
 */
export function upgradeOpset<M extends ModelProto>(model: M, target: number): M {
  const source = opsetVersion(model);
  if (source === undefined || source >= target) return model;
  checkModel(model, source, target);
  const facts = modelFacts(model);
  let result = model;
  for (let version = source + 1; version <= target; version += 1) result = convertModel(result, version, facts);
  const opsetImport = result.opsetImport.map((entry) =>
    !entry.domain || entry.domain === 'ai.onnx' ? { ...entry, version: target } : entry,
  );
  const irVersion = Math.max(model.irVersion ?? 3, IR_VERSIONS[target] ?? 3);
  return { ...result, opsetImport, irVersion };
}

function checkModel(model: ModelProto, source: number, target: number): void {
  if (source < OLDEST_OPSET)
    throw unsupported(`Models of opset ${source} cannot be converted; ${OLDEST_OPSET} is the oldest`, target);
  if (target > NEWEST_OPSET)
    throw unsupported(`Opset ${target} is newer than ${NEWEST_OPSET}, the last that is known`, target, CEILING);
  if (model.functions.length > 0) throw unsupported('Models with functions of their own cannot be converted', target);
  for (const node of allNodes(model)) {
    if (!isStandard(node)) continue;
    const operator = node.opType ?? '';
    if (!isKnownOperator(operator)) throw refused(node, target, 'the operator is not known');
    const missing = breaksOf(operator, source, target).find((version) => conversionTo(operator, version) === undefined);
    if (missing !== undefined) throw refused(node, target, `its meaning changed in opset ${missing}`);
  }
}

function conversionTo(operator: string, version: number) {
  return CONVERSIONS[operator]?.find((conversion) => conversion.version === version);
}

function isStandard(node: NodeProto): boolean {
  return !node.domain || node.domain === 'ai.onnx';
}

function convertModel<M extends ModelProto>(model: M, version: number, facts: ModelFacts): M {
  if (!hasWork(model, version)) return model;
  const trainingInfo = model.trainingInfo.map((training) => ({
    ...training,
    ...(training.initialization && { initialization: convertGraph(training.initialization, version, facts) }),
    ...(training.algorithm && { algorithm: convertGraph(training.algorithm, version, facts) }),
  }));
  return { ...model, trainingInfo, ...(model.graph && { graph: convertGraph(model.graph, version, facts) }) };
}

function hasWork(model: ModelProto, version: number): boolean {
  for (const { graph } of allGraphs(model)) {
    if (graph.node.some((node) => isStandard(node) && conversionTo(node.opType ?? '', version))) return true;
  }
  return false;
}

function convertGraph(graph: GraphProto, version: number, facts: ModelFacts, outer?: GraphView): GraphProto {
  const view = graphView(graph, facts, outer);
  const node = graph.node.flatMap((old) => {
    const inside = convertSubgraphs(old, version, facts, view);
    const conversion = isStandard(old) ? conversionTo(old.opType ?? '', version) : undefined;
    if (conversion === undefined) return [inside];
    if (!old.input[0] || !old.output[0]) throw refused(old, version, 'it has no first input or no first output');
    return conversion.convert(inside, view);
  });
  return { ...graph, node };
}

function convertSubgraphs(node: NodeProto, version: number, facts: ModelFacts, view: GraphView): NodeProto {
  if (!node.attribute.some((attribute) => attribute.g || attribute.graphs.length > 0)) return node;
  const convert = (graph: GraphProto) => convertGraph(graph, version, facts, view);
  const attribute = node.attribute.map(
    (old): AttributeProto => ({ ...old, ...(old.g && { g: convert(old.g) }), graphs: old.graphs.map(convert) }),
  );
  return { ...node, attribute };
}

const CEILING = `Opset ${NEWEST_OPSET} is the highest that a conversion reaches.`;

function unsupported(what: string, target: number, hint = `Export the model with opset ${target}.`): NimifyError {
  return new NimifyError('OPSET_UNSUPPORTED', `${what} (to opset ${target}).`, {
    hint,
    details: { opset: target },
  });
}
