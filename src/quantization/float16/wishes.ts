/** What the options of float16 ask for, as questions about single names and nodes. */
import type { NodeProto } from '../../onnx/proto.ts';
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
  return {
    interfaceForm: (name) => (options.keepIo || io.has(name) ? 'float32' : 'float16'),
    keepsFloat: (node, scope) =>
      operators.has(node.opType ?? '') ||
      excluded.has(node.name ?? '') ||
      (options.float16Overflow === 'float32' && node.input.some((name) => isLarge(name, scope))),
  };
}

/** An initializer of which a value is not in the range of float16. */
function isLarge(name: string, scope: Scope): boolean {
  const tensor = scope.isFloat(name) ? scope.initializer(name) : undefined;
  return tensor !== undefined && overflowOf(tensor, 'float16') > 0;
}
