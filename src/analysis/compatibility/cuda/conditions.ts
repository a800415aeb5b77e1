/**
 * Nodes that the CUDA provider leaves to the CPU although it has a kernel for their operator and type.
 * Source: CUDAExecutionProvider::GetCapability in onnxruntime/core/providers/cuda/cuda_execution_provider.cc.
 */
import { findAttribute } from '../../../onnx/attribute.ts';
import type { AttributeProto, NodeProto } from '../../../onnx/proto.ts';

interface Condition {
  readonly operators: readonly string[];
  readonly attribute: string;
  /** Of the attribute, where the node has it. */
  readonly isRefused: (attribute: AttributeProto) => boolean;
}

const RECURRENT = ['LSTM', 'GRU', 'RNN'];

const isThere = (): boolean => true;
const isNot =
  (value: bigint) =>
  ({ i }: AttributeProto): boolean =>
    i !== undefined && i !== value;

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** In the order of the gates, forward and backward. */
const activationsOtherThan =
  (...names: readonly string[]) =>
  ({ strings }: AttributeProto): boolean =>
    strings.some((name, index) => text(name).toLowerCase() !== names[index]);

/** cuDNN pads both sides alike. */
function isUneven({ ints }: AttributeProto): boolean {
  const half = ints.length / 2;
  return ints.slice(0, half).some((pad, axis) => pad !== ints[axis + half]);
}

const CONDITIONS: readonly Condition[] = [
  { operators: RECURRENT, attribute: 'activation_alpha', isRefused: isThere },
  { operators: RECURRENT, attribute: 'activation_beta', isRefused: isThere },
  { operators: RECURRENT, attribute: 'clip', isRefused: isThere },
  {
    operators: ['LSTM'],
    attribute: 'activations',
    isRefused: activationsOtherThan('sigmoid', 'tanh', 'tanh', 'sigmoid', 'tanh', 'tanh'),
  },
  { operators: ['RNN'], attribute: 'activations', isRefused: activationsOtherThan('tanh', 'tanh') },
  {
    operators: ['GRU'],
    attribute: 'activations',
    isRefused: activationsOtherThan('sigmoid', 'tanh', 'sigmoid', 'tanh'),
  },
  { operators: ['LSTM'], attribute: 'input_forget', isRefused: isNot(0n) },
  { operators: ['GRU'], attribute: 'linear_before_reset', isRefused: isNot(1n) },
  { operators: ['ConvTranspose'], attribute: 'pads', isRefused: isUneven },
  { operators: ['ConvTranspose'], attribute: 'auto_pad', isRefused: ({ s }) => text(s).startsWith('SAME_') },
];

/** Index of the input of LSTM that holds peepholes, which cuDNN does not have. */
const PEEPHOLE = 7;

/** Name of the attribute or input that sends the node to the CPU; undefined for nodes that stay. */
export function refusedBy(operator: string, node: NodeProto): string | undefined {
  if (operator === 'LSTM' && node.input[PEEPHOLE]) return 'P';
  return CONDITIONS.find(({ operators, attribute, isRefused }) => {
    const found = operators.includes(operator) ? findAttribute(node, attribute) : undefined;
    return found !== undefined && isRefused(found);
  })?.attribute;
}
