import { describe, expect, test } from 'vitest';
import { CPU_KERNELS } from '../../../src/analysis/compatibility/kernels/cpu.ts';
import { CPU_CONTRIB_KERNELS } from '../../../src/analysis/compatibility/kernels/cpu-contrib.ts';
import { CUDA_KERNELS } from '../../../src/analysis/compatibility/kernels/cuda.ts';
import { CUDA_CONTRIB_KERNELS } from '../../../src/analysis/compatibility/kernels/cuda-contrib.ts';
import { FUNCTION_OPERATORS } from '../../../src/analysis/compatibility/kernels/functions.ts';
import { KernelTable, type Slot, type TypeAt } from '../../../src/analysis/compatibility/kernels/kernel-table.ts';
import { OPENVINO_LIMITS } from '../../../src/analysis/compatibility/openvino/limits.ts';
import { OPENVINO_OPERATORS } from '../../../src/analysis/compatibility/openvino/operators.ts';
import { TENSORRT_LIMITS } from '../../../src/analysis/compatibility/tensorrt/limits.ts';
import { TENSORRT_OPERATORS } from '../../../src/analysis/compatibility/tensorrt/operators.ts';
import type { DataType } from '../../../src/onnx/data-type.ts';
import { isKnownOperator } from '../../../src/onnx/opset-upgrade/operator-history.ts';
import { releaseOf } from '../../../src/runtime/releases/onnx-runtime.ts';
import { tritonRelease } from '../../../src/runtime/releases/triton.ts';

/** Operators of ai.onnx that came after opset 21. */
const NEWER = 'Attention RMSNormalization RotaryEmbedding Swish TensorScatter BitCast CumProd CausalConvWithState';
/** Experimental ones that ONNX took back before opset 10, and one that ONNX Runtime keeps in ai.onnx. */
const EXPERIMENTAL =
  'Affine Crop DynamicSlice GRUUnit GivenTensorFill ImageScaler ParametricSoftplus Scale ScaledTanh SimplifiedLayerNormalization';
const KNOWN = new Set(`${NEWER} ${EXPERIMENTAL}`.split(' '));

const isOperator = (name: string): boolean => isKnownOperator(name) || KNOWN.has(name);

describe('tables of operators', () => {
  test.each([
    ['CPU', new KernelTable(CPU_KERNELS).operators],
    ['CUDA', new KernelTable(CUDA_KERNELS).operators],
    ['TensorRT', TENSORRT_OPERATORS],
    ['limits of TensorRT', TENSORRT_LIMITS.operators],
    ['functions', FUNCTION_OPERATORS],
    ['OpenVINO', [...OPENVINO_OPERATORS].filter((name) => !name.includes('::'))],
  ])('every operator in that of %s exists in ONNX', (_, operators) => {
    expect(operators.length).toBeGreaterThan(25);
    expect(operators.filter((name) => !isOperator(name))).toEqual([]);
    expect(new Set(operators).size).toBe(operators.length);
  });

  test('those of other domains name the domain', () => {
    const operators = new KernelTable(CPU_CONTRIB_KERNELS, CUDA_CONTRIB_KERNELS).operators;
    expect(operators.filter((name) => !/^(com\.microsoft|ai\.onnx\.ml)::[A-Z]\w+$/.test(name))).toEqual([]);
  });

  test('each limit is about an operator that the target takes', () => {
    expect(TENSORRT_LIMITS.operators.filter((name) => !TENSORRT_OPERATORS.includes(name))).toEqual([]);
    expect(OPENVINO_LIMITS.operators.filter((name) => !OPENVINO_OPERATORS.has(name))).toEqual([]);
  });

  test('ceilings grow from release to release, and every Triton image has one', () => {
    expect(() => releaseOf('1.9.0')).toThrow('no facts about ONNX Runtime 1.9.0');
    expect(releaseOf('1.24.4')).toMatchObject({ version: '1.24', maxIrVersion: 13, maxOpsets: { 'ai.onnx': 25 } });
    expect(releaseOf('1.99.0').version).toBe('1.32');
    expect(tritonRelease('23.01')).toBeUndefined();
    expect(tritonRelease('25.11')).toMatchObject({
      tag: '25.10',
      onnxRuntime: '1.23.1',
      runtime: { maxIrVersion: 11 },
    });
  });
});

describe('a line of a table of kernels', () => {
  const table = new KernelTable('Add f32 7:f32,ints\nWhere 9:1=f32\nGone 2:f32 22:-\nDot 10:u8;1=i8|i8;1=i8;>0=i32');
  const types =
    (inputs: readonly (DataType | null)[], output?: DataType): TypeAt =>
    ({ side, index }: Slot) =>
      side === 'input' ? inputs[index] : output;

  test.each([
    ['Sub', 7, ['float32'], 'operator'],
    ['Where', 8, ['bool', 'float32'], 'version'],
    ['Gone', 21, ['float32'], 'found'],
    ['Gone', 22, ['float32'], 'version'],
    ['Add', 6, ['int8'], 'type'],
    ['Add', 7, ['int8'], 'found'],
    ['Add', 7, [null], 'unknown'],
    ['Where', 9, ['bool', 'string'], 'type'],
    ['Where', 9, ['bool'], 'found'],
  ] as const)('%s of opset %i with %o: %s', (operator, opset, inputs, state) => {
    expect(table.find(operator, opset, types(inputs)).state).toBe(state);
  });

  test('of several kernels, the one that fits longest says what is wrong', () => {
    expect(table.find('Dot', 10, types(['int8', 'int8'], 'float32'))).toEqual({
      state: 'type',
      slot: { side: 'output', index: 0 },
      dataType: 'float32',
    });
    expect(table.find('Dot', 10, types(['int8', 'int8'], 'int32')).state).toBe('found');
  });

  test('a type that nobody knows is an error of the table', () => {
    expect(() => new KernelTable('Add f33')).toThrow('no type is called f33');
  });
});
