/** Old exporters list each initializer as a graph input too, which makes it a default that a caller may replace. */
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import { realInputs } from '../../onnx/value-info.ts';

/** The first IR version in which an initializer need not be an input. */
const FREE_INITIALIZERS_IR = 4;

/** Turns such defaults into plain constants: nothing folds or quantizes a weight that may still change. */
export function dropInitializerInputs(model: ModelProto & { graph: GraphProto }): void {
  model.graph.input = realInputs(model.graph);
  model.irVersion = Math.max(model.irVersion ?? 0, FREE_INITIALIZERS_IR);
}
