/** Graphs with shapes that the tests give by hand, as the costs see them. */
import { KnownShapes } from '../../../src/analysis/costs/known-shapes.ts';
import { type GraphView, viewOf } from '../../../src/analysis/costs/view.ts';
import { workRuleOf } from '../../../src/analysis/costs/work/registry.ts';
import type { Work } from '../../../src/analysis/costs/work/rule.ts';
import {
  type AttributeValue,
  type Dim,
  type GraphParts,
  makeGraph,
  makeNode,
  makeValueInfo,
} from '../../../src/onnx/build.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../../src/onnx/proto.ts';
import type { TensorInfo } from '../../../src/onnx/value-info.ts';
import { matMulModel } from '../models.ts';

/** Tensor → shape. */
export type Shapes = Readonly<Record<string, readonly Dim[] | null>>;

/** Tensors are float32 unless `types` says something else. */
export function infos(shapes: Shapes, types: Readonly<Record<string, DataType>> = {}): Record<string, TensorInfo> {
  const entries = Object.entries(shapes).map(([name, shape]) => [
    name,
    { name, dataType: types[name] ?? 'float32', shape },
  ]);
  return Object.fromEntries(entries);
}

interface Given {
  readonly shapes?: Shapes;
  readonly types?: Readonly<Record<string, DataType>>;
  readonly subgraphs?: ReadonlyMap<GraphProto, Shapes>;
  readonly model?: Partial<ModelProto>;
  /** Subgraphs that cannot run. */
  readonly impossible?: readonly GraphProto[];
}

/** Inputs and outputs of the graph are x and y unless `parts` has others. */
export function view(parts: Partial<GraphParts>, given: Given = {}): GraphView {
  const model = matMulModel({ initializers: [], inputs: [input('x')], outputs: [input('y')], ...parts }, given.model);
  const shapes = {
    tensors: infos(given.shapes ?? {}, given.types),
    subgraphs: [...(given.subgraphs ?? [])].map(([graph, own]) => ({
      place: [],
      graph,
      canRun: !given.impossible?.includes(graph),
      tensors: infos(own),
      types: new Map(),
    })),
    problems: [],
  };
  return viewOf(model as ModelProto & { graph: GraphProto }, shapes);
}

export const input = (name: string, ...dims: Dim[]) => makeValueInfo(name, 'float32', dims);

/** @param operator type, with its domain in front where it is not the default: `com.microsoft::FusedConv` */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[] = ['y'],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NodeProto {
  const [domain, type] = operator.includes('::') ? (operator.split('::') as [string, string]) : ['', operator];
  return makeNode(type, inputs, outputs, { attributes, domain });
}

/** The work of one operator; undefined when nobody knows it. */
export function workOf(operator: NodeProto, shapes: Shapes, constants: TensorProto[] = []): Work | undefined {
  const graph = makeGraph({ name: '', nodes: [], inputs: [], outputs: [], initializers: constants });
  return workRuleOf(operator)?.(operator, new KnownShapes(infos(shapes), graph));
}

/** Multiply-accumulates that a case expects of an operator. */
export type WorkCase = [title: string, operator: NodeProto, shapes: Shapes, macs: number, constants?: TensorProto[]];
