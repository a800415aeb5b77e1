/**
 * The table of CPU kernels against onnxruntime-node itself: every operator of ai.onnx, in the versions of opset 13, 17
 * and the newest, with every type that ONNX allows for each of its inputs.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { typesOf } from '../../src/analysis/compatibility/kernels/kernel-table.ts';
import { KERNELS_OF, type Placement, placeOnCpu } from '../../src/analysis/compatibility/kernels/provider.ts';
import { operatorUses } from '../../src/analysis/compatibility/operator-use.ts';
import { type AttributeValue, makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../src/onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import type { GraphProto, ModelProto } from '../../src/onnx/proto.ts';
import { runtimeVersion } from '../../src/runtime/load.ts';
import { BUNDLED_RELEASE } from '../../src/runtime/releases/onnx-runtime.ts';
import { openSession } from '../../src/runtime/session.ts';

interface Signature {
  readonly since: number;
  /** Type parameter, or a type such as `tensor(int64)`, and whether it may be left out or repeated. */
  readonly inputs: readonly (readonly [type: string, option: string])[];
  readonly outputs: readonly (readonly [type: string, option: string])[];
  readonly types: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
}

const SIGNATURES = JSON.parse(
  readFileSync(new URL('../fixtures/kernels/signatures.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly Signature[]>>;

/** Operators of which one node alone says nothing, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  Attention: 'its types have to go together',
  BatchNormalization: 'its outputs depend on training_mode',
  BitCast: 'both types need the same width',
  CenterCropPad: 'its function takes one type of the two for shapes only',
  Constant: 'the loader takes it out of the graph',
  If: 'it needs a subgraph',
  'LayerNormalization-1': 'an operator of ONNX Runtime of that name, looser about types than its kernels say',
  Loop: 'it needs a subgraph',
  RegexFullMatch: 'it needs a pattern',
  Scan: 'it needs a subgraph',
  SequenceMap: 'it needs a subgraph',
  TfIdfVectorizer: 'it needs tables',
};

const SAMPLES: Readonly<Record<string, AttributeValue>> = { int: 1n, ints: [1n, 1n], string: 'a' };

/** Attributes that ONNX does not ask for and ONNX Runtime does, and those that fix the type of an output. */
const OWN_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, AttributeValue>>>> = {
  BitShift: { direction: 'LEFT' },
  GRU: { hidden_size: 4n },
  LSTM: { hidden_size: 4n },
  RNN: { hidden_size: 4n },
  Cast: { to: 1n },
  RandomNormalLike: { dtype: 1n },
  RandomUniformLike: { dtype: 1n },
};

type Types = ReadonlyMap<string, DataType>;
type Model = ModelProto & { graph: GraphProto };

function possible({ types }: Signature, parameter: string): DataType[] {
  const words = types[parameter];
  return words === undefined || words === '' ? [] : typesOf(words);
}

function fixedType(type: string): DataType | undefined {
  const [, name = ''] = /^tensor\((\w+)\)$/.exec(type) ?? [];
  const own = { float: 'float32', double: 'float64' }[name] ?? name;
  return own in DATA_TYPES ? (own as DataType) : undefined;
}

/** The node alone, behind casts: onnxruntime-node has no types such as bfloat16 at the border of a model. */
function modelOf(operator: string, signature: Signature, types: Types): Model | undefined {
  const inputs = signature.inputs.map(([type]) => types.get(type) ?? fixedType(type));
  if (inputs.some((type) => type === undefined)) return undefined;
  const names = inputs.map((_, index) => `x${index}`);
  const casts = inputs.map((type, index) =>
    makeNode('Cast', [`f${index}`], [`x${index}`], {
      attributes: { to: BigInt(DATA_TYPES[type as DataType].code) },
    }),
  );
  const required = Object.entries(signature.attributes).map(([name, kind]) => [name, SAMPLES[kind] ?? 1n] as const);
  const attributes = { ...Object.fromEntries(required), ...OWN_ATTRIBUTES[operator] };
  const outputs = signature.outputs.map((_, index) => `y${index}`);
  const graph = makeGraph({
    name: 'g',
    nodes: [
      ...casts,
      makeNode(operator, names, outputs, { name: 'tried', attributes }),
      makeNode('Identity', ['f'], ['z']),
    ],
    inputs: ['f', ...inputs.map((_, index) => `f${index}`)].map((name) => makeValueInfo(name, 'float32', null)),
    outputs: [makeValueInfo('z', 'float32', null)],
  });
  return makeModel({ graph, opset: Math.max(13, signature.since), irVersion: 10 });
}

/** What the table says, given the type of every tensor of the node. */
function said(model: Model, signature: Signature, types: Types): Placement['state'] {
  const infos = [
    ...signature.inputs.map(([type], index) => [`x${index}`, type] as const),
    ...signature.outputs.map(([type], index) => [`y${index}`, type] as const),
  ].map(([name, type]) => ({ name, dataType: types.get(type) ?? fixedType(type) ?? null, shape: null }));
  const main = Object.fromEntries(infos.map((info) => [info.name, info]));
  const use = operatorUses(model, { main, subgraphs: [] }).find(({ label }) => label === 'tried');
  return placeOnCpu(use as NonNullable<typeof use>).state;
}

async function loads(model: Model): Promise<boolean | string> {
  try {
    await (await openSession(encodedBytes(encodeModel(model)), { graphOptimization: 'disabled' })).release();
    return true;
  } catch (error) {
    const { message } = error as Error;
    return /NOT_IMPLEMENTED|Could not find an impl|Failed to find kernel|is not currently registered/.test(message)
      ? false
      : message;
  }
}

interface Trial {
  readonly label: string;
  readonly signature: Signature;
  readonly types: Types;
  readonly model: Model;
}

/** One trial per type of each parameter of the inputs; the others take the first type that has a kernel with it. */
function trialsOf(operator: string, signature: Signature): Trial[] {
  const names = Object.keys(signature.types).filter((name) => possible(signature, name).length > 0);
  const varied = names.filter((name) => signature.inputs.some(([type]) => type === name));
  return varied.flatMap((name) =>
    possible(signature, name).flatMap((dataType) => {
      const types = new Map<string, DataType>([[name, dataType]]);
      for (const other of names) {
        if (other === name) continue;
        const choices = possible(signature, other);
        const fallback = choices.includes('float32') ? 'float32' : (choices[0] as DataType);
        types.set(other, fallback);
        types.set(other, choices.find((type) => isTaken(operator, signature, types, other, type)) ?? fallback);
      }
      const model = modelOf(operator, signature, types);
      const label = `${operator}-${signature.since} ${[...types].map((pair) => pair.join('=')).join(' ')}`;
      return model === undefined ? [] : [{ label, signature, types, model }];
    }),
  );
}

function isTaken(operator: string, signature: Signature, types: Types, name: string, dataType: DataType): boolean {
  const tried = new Map([...types, [name, dataType]]);
  const model = modelOf(operator, signature, tried);
  return model !== undefined && said(model, signature, tried) === 'runs';
}

describe('kernels of the CPU provider', () => {
  test('the tables are those of the release that this package runs', async () => {
    expect(KERNELS_OF).toBe(BUNDLED_RELEASE.version);
    expect((await runtimeVersion()).startsWith(`${BUNDLED_RELEASE.version}.`)).toBe(true);
  });

  test('onnxruntime-node loads what the table has, and nothing else', async () => {
    const wrong: string[] = [];
    const counts = { runs: 0, casts: 0, missing: 0, unknown: 0 };
    for (const [operator, signatures] of Object.entries(SIGNATURES)) {
      const tried = signatures.filter(({ since }) => !(operator in LEFT_OUT || `${operator}-${since}` in LEFT_OUT));
      for (const { label, model, signature, types } of tried.flatMap((one) => trialsOf(operator, one))) {
        const state = said(model, signature, types);
        counts[state] += 1;
        if (state === 'unknown') continue;
        const result = await loads(model);
        if (result !== (state !== 'missing')) wrong.push(`${label}: ${state}, but ${result}`);
      }
    }
    expect(counts.runs).toBeGreaterThan(1500);
    expect(counts.missing).toBeGreaterThan(600);
    expect(wrong).toEqual([]);
  });
});
