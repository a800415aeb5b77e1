/**
 * Nodes that a provider does not run although it has a kernel for their operator and type. Sources: for CUDA
 * CUDAExecutionProvider::GetCapability in onnxruntime/core/providers/cuda/cuda_execution_provider.cc; for both the
 * constructors of recurrent kernels, which take sequences first and batches second only.
 */
import { findAttribute } from '../../../onnx/attribute.ts';
import type { AttributeProto, NodeProto } from '../../../onnx/proto.ts';

export type Provider = 'cpu' | 'cuda';

interface Condition {
  readonly provider: Provider;
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
  { provider: 'cpu', operators: RECURRENT, attribute: 'layout', isRefused: isNot(0n) },
  { provider: 'cuda', operators: RECURRENT, attribute: 'layout', isRefused: isNot(0n) },
  { provider: 'cuda', operators: RECURRENT, attribute: 'activation_alpha', isRefused: isThere },
  { provider: 'cuda', operators: RECURRENT, attribute: 'activation_beta', isRefused: isThere },
  { provider: 'cuda', operators: RECURRENT, attribute: 'clip', isRefused: isThere },
  {
    provider: 'cuda',
    operators: ['LSTM'],
    attribute: 'activations',
    isRefused: activationsOtherThan('sigmoid', 'tanh', 'tanh', 'sigmoid', 'tanh', 'tanh'),
  },
  { provider: 'cuda', operators: ['RNN'], attribute: 'activations', isRefused: activationsOtherThan('tanh', 'tanh') },
  {
    provider: 'cuda',
    operators: ['GRU'],
    attribute: 'activations',
    isRefused: activationsOtherThan('sigmoid', 'tanh', 'sigmoid', 'tanh'),
  },
  { provider: 'cuda', operators: ['LSTM'], attribute: 'input_forget', isRefused: isNot(0n) },
  { provider: 'cuda', operators: ['GRU'], attribute: 'linear_before_reset', isRefused: isNot(1n) },
  { provider: 'cuda', operators: ['ConvTranspose'], attribute: 'pads', isRefused: isUneven },
  {
    provider: 'cuda',
    operators: ['ConvTranspose'],
    attribute: 'auto_pad',
    isRefused: ({ s }) => text(s).startsWith('SAME_'),
  },
];

/** Index of the input of LSTM that holds peepholes, which cuDNN does not have. */
const PEEPHOLE = 7;

/** Name of the attribute or input that keeps the provider from running the node; undefined where nothing does. */
export function refusedBy(provider: Provider, operator: string, node: NodeProto): string | undefined {
  if (provider === 'cuda' && operator === 'LSTM' && node.input[PEEPHOLE]) return 'P';
  return CONDITIONS.find(({ provider: own, operators, attribute, isRefused }) => {
    const found = own === provider && operators.includes(operator) ? findAttribute(node, attribute) : undefined;
    return found !== undefined && isRefused(found);
  })?.attribute;
}
