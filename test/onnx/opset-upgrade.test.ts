import { describe, expect, test } from 'vitest';
import { type AttributeValue, makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { opsetVersion } from '../../src/onnx/graph.ts';
import { CONVERSIONS } from '../../src/onnx/opset-upgrade/conversions.ts';
import { breaksOf } from '../../src/onnx/opset-upgrade/operator-history.ts';
import { upgradeOpset } from '../../src/onnx/opset-upgrade/upgrade.ts';
import type { GraphProto, NodeProto } from '../../src/onnx/proto.ts';
import { loadTensor } from '../../src/onnx/tensor.ts';

const F32 = 'float32';

function graphOf(nodes: NodeProto[], shape: readonly number[] | null = [2, 3, 4]): GraphProto {
  return makeGraph({
    name: 'g',
    nodes,
    inputs: [makeValueInfo('x', F32, shape)],
    outputs: [makeValueInfo('y', F32, null)],
  });
}

function modelOf(nodes: NodeProto[], opset: number, shape?: readonly number[] | null) {
  return makeModel({ graph: graphOf(nodes, shape), opset, irVersion: 3 });
}

function one(operator: string, attributes: Record<string, AttributeValue> = {}, inputs = ['x']) {
  return makeNode(operator, inputs, ['y'], { name: 'n', attributes });
}

function operators(nodes: readonly NodeProto[]): (string | undefined)[] {
  return nodes.map((node) => node.opType);
}

function constantValues(nodes: readonly NodeProto[], name: string | undefined): number[] {
  const value = nodes.find((node) => node.output[0] === name)?.attribute[0]?.t;
  return value === undefined ? [] : Array.from(loadTensor(value).data as ArrayLike<number | bigint>, Number);
}

describe('what cannot be converted is refused by name', () => {
  test('an operator that no opset defines', () => {
    expect(() => upgradeOpset(modelOf([one('Frobnicate')], 9), 13)).toThrow(/Frobnicate \(n\).*not known/);
  });

  test('an operator whose change has no conversion, but only when the change lies on the way', () => {
    const model = modelOf([one('DFT', {}, ['x'])], 17);
    expect(() => upgradeOpset(model, 21)).toThrow(expect.objectContaining({ code: 'OPSET_UNSUPPORTED' }));
    expect(opsetVersion(upgradeOpset(model, 19))).toBe(19);
  });

  test('opsets before 6 and after 21', () => {
    expect(() => upgradeOpset(modelOf([one('Relu')], 5), 13)).toThrow(/opset 5/);
    expect(() => upgradeOpset(modelOf([one('Relu')], 13), 22)).toThrow(/Opset 22/);
  });

  test('batch normalization with statistics per activation', () => {
    const node = one('BatchNormalization', { spatial: 0n }, ['x', 's', 'b', 'm', 'v']);
    expect(() => upgradeOpset(modelOf([node], 7), 13)).toThrow(/BatchNormalization.*spatial=0/);
  });

  test('a legacy broadcast of tensors whose rank is not known', () => {
    const node = one('Add', { axis: 1n, broadcast: 1n }, ['x', 'z']);
    expect(() => upgradeOpset(modelOf([node], 6, null), 13)).toThrow(/Add.*rank of x/);
  });

  test('a legacy broadcast along an axis that no tensor has', () => {
    const node = one('Add', { axis: BigInt(-(2 ** 40)), broadcast: 1n }, ['x', 'x']);
    expect(() => upgradeOpset(modelOf([node], 6), 13)).toThrow(/Add.*its axis -1099511627776 is none of the \d/);
  });

  test('a node to be converted that lacks its first input or its first output', () => {
    expect(() => upgradeOpset(modelOf([one('Softmax', {}, [])], 11), 13)).toThrow(/Softmax.*no first input/);
    const silent = makeNode('Softmax', ['x'], [], { name: 'n' });
    expect(() => upgradeOpset(modelOf([silent], 11), 13)).toThrow(/Softmax.*no first output/);
  });

  test('a dropout whose mask is used', () => {
    const dropout = makeNode('Dropout', ['x'], ['d', 'mask'], { name: 'n' });
    const sum = makeNode('Add', ['d', 'mask'], ['y']);
    expect(() => upgradeOpset(modelOf([dropout, sum], 9), 13)).toThrow(/Dropout.*mask/);
  });

  test('a nearest Resize that grows one axis and shrinks another', () => {
    const scales = { dataType: F32, dims: [3], data: Float32Array.of(1, 2, 0.5) } as const;
    const nodes = [makeNode('Constant', [], ['s'], { attributes: { value: scales } }), one('Resize', {}, ['x', 's'])];
    expect(() => upgradeOpset(modelOf(nodes, 10), 13)).toThrow(/Resize.*grows/);
  });
});

describe('an upgrade', () => {
  test('leaves the given model as it was', () => {
    const model = modelOf([one('Clip', { min: 0, max: 6 })], 7);
    const before = structuredClone(model);
    upgradeOpset(model, 13);
    expect(model).toEqual(before);
  });

  test('raises opset and IR version, and leaves other domains alone', () => {
    const model = modelOf([{ ...one('Anything'), domain: 'com.example' }], 9);
    model.opsetImport.push({ domain: 'com.example', version: 1 });
    const upgraded = upgradeOpset(model, 13);
    expect(upgraded.opsetImport.map((entry) => entry.version)).toEqual([13, 1]);
    expect(upgraded.irVersion).toBe(7);
    expect(upgraded.graph.node).toEqual(model.graph.node);
  });

  test('does nothing to a model that is new enough', () => {
    const model = modelOf([one('Relu')], 15);
    expect(upgradeOpset(model, 13)).toBe(model);
  });

  test('moves the bounds of Clip into inputs', () => {
    const { node } = upgradeOpset(modelOf([one('Clip', { max: 6 })], 9), 13).graph;
    expect(operators(node)).toEqual(['Constant', 'Clip']);
    expect(node[1]?.input).toEqual(['x', '', 'y_max']);
    expect(constantValues(node, 'y_max')).toEqual([6]);
  });

  test('gives Softmax one axis where the old one meant the same', () => {
    const { node } = upgradeOpset(modelOf([one('Softmax', { axis: 2n })], 9), 13).graph;
    expect(operators(node)).toEqual(['Softmax']);
    expect(node[0]?.attribute.map((attribute) => attribute.i)).toEqual([-1n]);
  });

  test('flattens around Softmax where the old one took several axes as one', () => {
    const { node } = upgradeOpset(modelOf([one('Softmax')], 9), 13).graph;
    expect(operators(node)).toEqual(['Shape', 'Flatten', 'Softmax', 'Reshape']);
    expect(node[3]?.output).toEqual(['y']);
  });

  test('carries what one conversion added through the later ones', () => {
    const model = modelOf([one('Add', { axis: 1n, broadcast: 1n }, ['x', 'b'])], 6);
    model.graph.input.push(makeValueInfo('b', F32, [3]));
    const { node } = upgradeOpset(model, 13).graph;
    expect(operators(node)).toEqual(['Constant', 'Unsqueeze', 'Add']);
    expect(constantValues(node, node[1]?.input[1])).toEqual([1]);
  });

  test('turns Upsample into a Resize that rounds as before', () => {
    const { node } = upgradeOpset(modelOf([one('Upsample', { scales: [1, 1, 2], mode: 'nearest' })], 7), 13).graph;
    expect(operators(node)).toEqual(['Constant', 'Resize']);
    expect(node[1]?.input).toEqual(['x', '', 'y_scales']);
    const text = node[1]?.attribute.map(({ name, s }) => `${name}=${new TextDecoder().decode(s)}`);
    expect(text?.sort()).toEqual(['coordinate_transformation_mode=asymmetric', 'mode=nearest', 'nearest_mode=floor']);
  });

  test('converts nodes in subgraphs too, with names that clash with nothing', () => {
    const inner = graphOf([one('Squeeze', { axes: [0n] })]);
    const branch = makeNode('If', ['c'], ['z'], { attributes: { then_branch: inner, else_branch: inner } });
    const { node } = upgradeOpset(modelOf([branch, makeNode('Relu', ['y_axes'], ['y'])], 11), 13).graph;
    const branches = node[0]?.attribute.map((attribute) => attribute.g?.node ?? []) ?? [];
    expect(branches.map(operators)).toEqual([
      ['Constant', 'Squeeze'],
      ['Constant', 'Squeeze'],
    ]);
    const added = branches.map((nodes) => nodes[0]?.output[0]);
    expect(new Set([...added, 'y_axes']).size).toBe(3);
  });
});

test('every conversion bridges a version that the history marks as a change', () => {
  const stray = Object.entries(CONVERSIONS).flatMap(([operator, list]) =>
    list.filter(({ version }) => breaksOf(operator, version - 1, version).length === 0).map(() => operator),
  );
  expect(stray).toEqual([]);
});
