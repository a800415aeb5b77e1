/**
 * Which operators and types an execution provider of ONNX Runtime has kernels for, from tables of one line per operator:
 *
 *     MatMul f32,f64 9:f32,f64,i32,i64,u32,u64
 *     Where 9:1=f32,f64,i32,i64,u8,str
 *     GlobalLpPool 2:f32 22:-
 *     QLinearMatMul 10:u8;7=u8|i8;3=i8;7=i8
 *
 * `9:` starts what holds for the versions of the operator from 9 on; without a number it holds from the first. `-` is no
 * kernel, `*` any type. `|` separates kernels, `;` their conditions: `1=` is about the type of input 1, `>0=` of output 0,
 * and nothing in front is about input 0. Types are those of WORDS; `seq` stands for sequences and optionals.
 */
import type { DataType } from '../../../onnx/data-type.ts';

const INTS = ['int8', 'int16', 'int32', 'int64'] as const;
const UINTS = ['uint8', 'uint16', 'uint32', 'uint64'] as const;
const FLOATS = ['float32', 'float64', 'float16', 'bfloat16'] as const;

const WORDS: Readonly<Record<string, readonly DataType[]>> = {
  all: [...FLOATS, ...INTS, ...UINTS, 'bool', 'string'],
  ints: INTS,
  uints: UINTS,
  f32: ['float32'],
  f64: ['float64'],
  f16: ['float16'],
  bf16: ['bfloat16'],
  i8: ['int8'],
  i16: ['int16'],
  i32: ['int32'],
  i64: ['int64'],
  u8: ['uint8'],
  u16: ['uint16'],
  u32: ['uint32'],
  u64: ['uint64'],
  bool: ['bool'],
  str: ['string'],
  f8: ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'],
  f8e4m3fn: ['float8e4m3fn'],
  f8e4m3fnuz: ['float8e4m3fnuz'],
  f8e5m2: ['float8e5m2'],
  f8e5m2fnuz: ['float8e5m2fnuz'],
  f8e8m0: ['float8e8m0'],
  f4: ['float4e2m1'],
  i4: ['int4'],
  u4: ['uint4'],
  i2: ['int2'],
  u2: ['uint2'],
  c64: ['complex64'],
  c128: ['complex128'],
};

const SEQUENCES = 'seq';

/** An input or an output of a node. */
export interface Slot {
  readonly side: 'input' | 'output';
  readonly index: number;
}

interface Condition {
  readonly slot: Slot;
  readonly types: ReadonlySet<DataType>;
  /** Sequences and optionals are taken too; they have no element type here. */
  readonly takesOthers: boolean;
}

/** All conditions of one kernel. */
type Kernel = readonly Condition[];

interface Period {
  /** Version of the operator from which on it holds. */
  readonly since: number;
  readonly kernels: readonly Kernel[];
}

/** `undefined` where the node has nothing there, null where the type is not known. */
export type TypeAt = (slot: Slot) => DataType | null | undefined;

/**
 * - `found`: there is a kernel
 * - `operator`: for no version and type
 * - `version`: not for this version of the operator
 * - `type`: not for the type that `slot` has
 * - `unknown`: it depends on a type that is not known
 */
export type KernelAnswer =
  | { readonly state: 'found' | 'operator' | 'version' | 'unknown' }
  | { readonly state: 'type'; readonly slot: Slot; readonly dataType: DataType };

export class KernelTable {
  readonly #periods = new Map<string, readonly Period[]>();

  constructor(...texts: readonly string[]) {
    for (const line of texts.flatMap((text) => text.trim().split('\n'))) {
      const [operator, ...periods] = line.split(' ');
      this.#periods.set(operator as string, periods.map(parsePeriod));
    }
  }

  /** `Conv`, or `com.microsoft::Attention` outside of the default domain. */
  get operators(): readonly string[] {
    return [...this.#periods.keys()];
  }

  /** @param opset version of the operator set that the node is of */
  find(operator: string, opset: number, typeAt: TypeAt): KernelAnswer {
    const periods = this.#periods.get(operator);
    if (periods === undefined) return { state: 'operator' };
    const kernels = periods.findLast(({ since }) => since <= opset)?.kernels ?? [];
    if (kernels.length === 0) return { state: 'version' };
    const answers = kernels.map((kernel) => answerOf(kernel, typeAt));
    return (
      answers.find(({ state }) => state === 'found') ??
      answers.find(({ state }) => state === 'unknown') ??
      farthest(answers)
    );
  }
}

function parsePeriod(text: string): Period {
  const [, since, kernels = ''] = /^(?:(\d+):)?(.+)$/.exec(text) ?? [];
  return { since: Number(since ?? 1), kernels: kernels === '-' ? [] : kernels.split('|').map(parseKernel) };
}

function parseKernel(text: string): Kernel {
  return text === '*' ? [] : text.split(';').map(parseCondition);
}

function parseCondition(text: string): Condition {
  const [, isOutput, index, words = ''] = /^(?:(>?)(\d+)=)?(.+)$/.exec(text) ?? [];
  const names = words.split(',');
  return {
    slot: { side: isOutput ? 'output' : 'input', index: Number(index ?? 0) },
    types: new Set(names.filter((name) => name !== SEQUENCES).flatMap(typesOf)),
    takesOthers: names.includes(SEQUENCES),
  };
}

/** The types of words such as `f32,ints`. */
export function typesOf(words: string): DataType[] {
  return words.split(',').flatMap((word) => {
    const types = WORDS[word];
    if (types === undefined) throw new RangeError(`no type is called ${word}`);
    return types;
  });
}

function answerOf(kernel: Kernel, typeAt: TypeAt): KernelAnswer {
  let isUnknown = false;
  for (const { slot, types, takesOthers } of kernel) {
    const dataType = typeAt(slot);
    if (dataType === null) isUnknown ||= !takesOthers;
    else if (dataType !== undefined && !types.has(dataType)) return { state: 'type', slot, dataType };
  }
  return { state: isUnknown ? 'unknown' : 'found' };
}

/** Of kernels that all refuse, the one that fits longest says best what is wrong. */
function farthest(answers: readonly KernelAnswer[]): KernelAnswer {
  const rank = (answer: KernelAnswer): number =>
    answer.state === 'type' ? answer.slot.index + (answer.slot.side === 'output' ? 100 : 0) : -1;
  return answers.reduce((best, answer) => (rank(answer) > rank(best) ? answer : best));
}
