/** What a pass of the clean-up is: one file, one line in registry.ts. */
import type { GraphProto, ModelProto } from '../proto.ts';

/** A model whose graphs, nodes and lists are its own; tensors are shared with the model that it was made from. */
export type EditableModel = ModelProto & { graph: GraphProto };

export interface Pass {
  readonly id: string;
  /** What it did, for reports; the number stands in front: "35 BatchNormalization folded". */
  readonly did: string;
  /**
   * Changes the model in place; what it computes stays the same.
   * @returns how many things it changed
   */
  run(model: EditableModel): number;
}
