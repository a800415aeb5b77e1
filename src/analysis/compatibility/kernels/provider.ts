/** Whether an execution provider of ONNX Runtime runs a node. */
import type { DataType } from '../../../onnx/data-type.ts';
import { type OperatorUse, typeOf } from '../operator-use.ts';
import { type Provider, refusedBy } from './conditions.ts';
import { CPU_KERNELS } from './cpu.ts';
import { CPU_CONTRIB_KERNELS } from './cpu-contrib.ts';
import { CUDA_KERNELS } from './cuda.ts';
import { CUDA_CONTRIB_KERNELS } from './cuda-contrib.ts';
import { isFunction, isShakyFunction, SAME_AS } from './functions.ts';
import { type KernelAnswer, KernelTable, type TypeAt } from './kernel-table.ts';

/** The release that the tables of kernels were read from. */
export const KERNELS_OF = '1.30';

/** Why there is no kernel; `attribute`: it does not take the node with this attribute or input. */
export type Refusal = KernelAnswer | { readonly state: 'attribute'; readonly attribute: string };

/**
 * - `runs`: a kernel takes it as it is, or its function takes its place
 * - `casts`: float16 that ONNX Runtime casts to float32 before and back behind; functions are put in place before that
 * - `missing`: there is no kernel; `answer` says for what
 * - `unknown`: a type that decides is not known, or the domain is none that the tables speak of
 */
export type Placement =
  | { readonly state: 'runs' | 'casts' | 'unknown' }
  | { readonly state: 'missing'; readonly answer: Refusal };

const CPU = new KernelTable(CPU_KERNELS, CPU_CONTRIB_KERNELS);
const CUDA = new KernelTable(CUDA_KERNELS, CUDA_CONTRIB_KERNELS);

const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** Operators that the loader turns into something else before kernels are looked for. */
const RESOLVED_EARLY = new Set(['Constant']);

/** Several targets ask the same. */
const ON_CPU = new WeakMap<OperatorUse, Placement>();

export function placeOnCpu(use: OperatorUse): Placement {
  const placed = ON_CPU.get(use) ?? findOnCpu(use);
  ON_CPU.set(use, placed);
  return placed;
}

function findOnCpu(use: OperatorUse): Placement {
  return place(use, 'cpu', (operator, opset, typeAt) => {
    const answer = CPU.find(operator, opset, typeAt);
    if (answer.state === 'found' || answer.state === 'unknown' || isFunction(operator, opset)) return answer;
    const widened = CPU.find(operator, opset, (slot) => (typeAt(slot) === 'float16' ? 'float32' : typeAt(slot)));
    return widened.state === 'found' ? 'casts' : answer;
  });
}

export function placeOnCuda(use: OperatorUse): Placement {
  return place(use, 'cuda', (operator, opset, typeAt) => CUDA.find(operator, opset, typeAt));
}

type Find = (operator: string, opset: number, typeAt: TypeAt) => KernelAnswer | 'casts';

function place(use: OperatorUse, provider: Provider, find: Find): Placement {
  const { operator, opset, node } = use;
  if (RESOLVED_EARLY.has(operator)) return { state: 'runs' };
  if (opset === undefined || !DOMAINS.has(node.domain ?? '')) return { state: 'unknown' };
  const answer = find(SAME_AS.get(operator) ?? operator, opset, (slot) => typeOf(use, slot));
  if (answer === 'casts') return { state: 'casts' };
  if (answer.state === 'unknown') return { state: 'unknown' };
  if (answer.state !== 'found') {
    return isFunction(operator, opset) ? functionPlacement(use) : { state: 'missing', answer };
  }
  const attribute = refusedBy(provider, operator, node);
  return attribute === undefined ? { state: 'runs' } : { state: 'missing', answer: { state: 'attribute', attribute } };
}

/** Types that the functions of ONNX were seen to run with; other types may meet operators that have no kernel. */
const PLAIN_FLOATS: ReadonlySet<DataType> = new Set(['float32', 'float16']);
const PLAIN_OTHERS: ReadonlySet<DataType> = new Set(['int32', 'int64', 'bool']);

function functionPlacement(use: OperatorUse): Placement {
  if (isShakyFunction(use.operator)) return { state: 'unknown' };
  const types = use.node.input.map((_, index) => typeOf(use, { side: 'input', index })).filter((t) => t !== undefined);
  const [first, ...others] = types;
  const isPlain =
    (first === undefined || (first !== null && PLAIN_FLOATS.has(first))) &&
    others.every((type) => type !== null && (type === first || PLAIN_OTHERS.has(type)));
  return { state: isPlain ? 'runs' : 'unknown' };
}
