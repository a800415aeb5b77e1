/** A folder for one test, and the few ways to put a model or a file into it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../src/onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../../src/onnx/proto.ts';
import type { ScanResult } from '../../src/scanner/collector.ts';
import { type ScanOptions, scanPath } from '../../src/scanner/scan.ts';

export type Model = ModelProto & { graph: GraphProto };

export class Scratch {
  readonly root = mkdtempSync(join(tmpdir(), 'nimify-scan-'));
  /** What is scanned; tests may put what must not be reached beside it. */
  readonly folder = join(this.root, 'repository');

  constructor() {
    mkdirSync(this.folder);
  }

  path(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  file(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  link(target: string, name: string): void {
    symlinkSync(target, this.path(name));
  }

  model(model: Model, name = 'm.onnx'): void {
    this.file(name, encodedBytes(encodeModel(model)));
  }

  async results(options: ScanOptions = {}): Promise<readonly ScanResult[]> {
    return (await scanPath(this.folder, options)).results;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** `Add` of an input and the initializer `w`, with parts of the graph replaced. */
export function modelWith(parts: Partial<GraphProto> = {}, rest: Partial<ModelProto> = {}): Model {
  const graph = makeGraph({
    name: 'g',
    nodes: [makeNode('Add', ['x', 'w'], ['y'], { name: 'add' })],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
    initializers: [tensor('w')],
  });
  return { ...makeModel({ opset: 17, irVersion: 9, graph }), ...rest, graph: { ...graph, ...parts } };
}

export const withNodes = (...node: NodeProto[]): Model => modelWith({ node });

/** Four float32 values. */
export function tensor(name: string, parts: Partial<TensorProto> = {}): TensorProto {
  return { ...makeTensor(name, { dataType: 'float32', dims: [4], data: Float32Array.of(1, 2, 3, 4) }), ...parts };
}

export const int64s = (name: string, ...values: (number | bigint)[]): TensorProto =>
  makeTensor(name, { dataType: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });

export const scalar = (name: string, value: number): TensorProto =>
  makeTensor(name, { dataType: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) });

/** Values in another file, by default 16 bytes in `w.bin`. */
export function external(entries: Readonly<Record<string, string>>, dataType: DataType = 'float32'): TensorProto {
  return {
    name: 'w',
    dims: [4],
    dataType: DATA_TYPES[dataType].code,
    stringData: [],
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    dataLocation: 1,
    metadataProps: [],
  };
}

export const withExternal = (entries: Readonly<Record<string, string>>): Model =>
  modelWith({ initializer: [external(entries)] });
