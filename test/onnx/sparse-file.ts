/** Model files whose weights are holes: gigabytes that take no room on the disk and read as zeros. */
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { byteLength } from '../../src/onnx/bytes.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { ModelProto, TensorProto } from '../../src/onnx/proto.ts';

/** A chain of square MatMul nodes; the weights have no data yet. */
function chain(layers: number, side: number, weight: (index: number) => Partial<TensorProto>): ModelProto {
  const names = Array.from({ length: layers }, (_, index) => `w${index}`);
  const initializers = names.map((name, index): TensorProto => {
    const empty = makeTensor(name, { dataType: 'float32', dims: [side, side], data: new Float32Array(0) });
    const { rawData: _, ...rest } = empty;
    return { ...rest, ...weight(index) };
  });
  const nodes = names.map((name, index) =>
    makeNode('MatMul', [index === 0 ? 'x' : `y${index - 1}`, name], [`y${index}`]),
  );
  const inputs = [makeValueInfo('x', 'float32', ['batch', side])];
  const outputs = [makeValueInfo(`y${layers - 1}`, 'float32', ['batch', side])];
  return makeModel({ opset: 17, irVersion: 8, graph: makeGraph({ name: 'g', nodes, inputs, outputs, initializers }) });
}

/** All weights inside of the .onnx file. */
export function writeEmbedded(path: string, layers: number, side: number): void {
  const hole = { path: 'hole', offset: 0, length: side * side * 4 };
  writeSparse(
    chain(layers, side, () => ({ rawData: hole })),
    path,
  );
}

/** All weights in one file beside the .onnx file. */
export function writeExternal(path: string, layers: number, side: number): void {
  const length = side * side * 4;
  const location = `${basename(path)}.data`;
  const entries = (index: number) => Object.entries({ location, offset: index * length, length });
  const external = (index: number) => ({
    externalData: entries(index).map(([key, value]) => ({ key, value: String(value) })),
    dataLocation: 1,
  });
  writeSparse(chain(layers, side, external), path);
  closeSync(openSync(join(dirname(path), location), 'w'));
  truncateSync(join(dirname(path), location), layers * length);
}

function writeSparse(model: ModelProto, path: string): void {
  const file = openSync(path, 'w');
  let position = 0;
  for (const piece of encodeModel(model).pieces) {
    if (piece instanceof Uint8Array) writeSync(file, piece, 0, piece.length, position);
    position += byteLength(piece);
  }
  closeSync(file);
  truncateSync(path, position);
}
