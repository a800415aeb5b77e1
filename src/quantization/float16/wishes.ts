/** What the options of float16 ask for, as questions about single names and nodes. */
import { DATA_TYPES } from '../../onnx/data-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { overflowOf } from '../half-weights.ts';
import type { Float16Options } from './options.ts';
import type { Form, Scope } from './scope.ts';

export interface Wishes {
  /** Form of an input or output of the model. */
  interfaceForm(name: string): Form;
  /** True for nodes that are wanted in float32. */
  keepsFloat(node: NodeProto, scope: Scope): boolean;
}

export function wishesOf(options: Float16Options, excluded: ReadonlySet<string>): Wishes {
  const [operators, io] = [new Set(options.floatOps), new Set(options.floatIo)];
  const isLarge = largeWeights();
  return {
    interfaceForm: (name) => (options.keepIo || io.has(name) ? 'float32' : 'float16'),
    keepsFloat: (node, scope) =>
      operators.has(node.opType ?? '') ||
      excluded.has(node.name ?? '') ||
      (options.float16Overflow === 'float32' && node.input.some((name) => isLarge(scope.initializer(name)))),
  };
}

/** Whether a value of a float32 initializer is not in the range of float16; each is read once. */
function largeWeights(): (tensor: TensorProto | undefined) => boolean {
  const known = new Map<TensorProto, boolean>();
  return (tensor) => {
    if (tensor === undefined || tensor.dataType !== DATA_TYPES.float32.code) return false;
    const isLarge = known.get(tensor) ?? overflowOf(tensor, 'float16') > 0;
    known.set(tensor, isLarge);
    return isLarge;
  };
}
