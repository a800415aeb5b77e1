/**
 * Preprocessing of images as a model of its own in front of the model: a small ONNX graph that takes the pixels as they
 * are decoded, so that clients send bytes and need no arithmetic.
 */
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../onnx/build.ts';
import { DATA_TYPES, type DataType } from '../../onnx/data-type.ts';
import { encodedBytes, encodeModel } from '../../onnx/encode.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { batching } from '../batching.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';

type Image = Extract<NonNullable<ServiceFacts['preprocessing']>, { kind: 'image' }>;

export interface Preprocess {
  readonly image: Image;
  /** The input of the model that the graph fills. */
  readonly target: TensorFacts;
  readonly channels: 1 | 3;
  /** False: one image at a time, without a batch dimension. */
  readonly isBatched: boolean;
}

/** Names of the input and the output of the graph. */
export const IMAGE = 'image';
export const PIXELS = 'pixels';

/** Every release of Triton that is known here takes these. */
const OPSET = 13;
const IR_VERSION = 7;

const FLOATS: readonly string[] = ['float32', 'float16'] satisfies DataType[];

/** What the graph does, or in words why there is none; null where the model takes no images. */
export function preprocessPlan(facts: ServiceFacts): Preprocess | string | null {
  const { preprocessing: image, model } = facts;
  if (image?.kind !== 'image') return null;
  const target = model.inputs.find(({ name }) => name === image.input);
  if (target === undefined) return `the model has no input ${image.input}`;
  if (model.states.length > 0) return 'an ensemble has no place for the state of a sequence';
  if (!FLOATS.includes(target.dataType)) return `${target.name} takes ${target.dataType} and not floats`;
  const channels = image.channels === 'gray' ? 1 : 3;
  const isBatched = batching(facts).maxBatchSize > 0;
  const first = target.shape?.[0];
  if (!isBatched && typeof first === 'number' && first !== 1) return `${target.name} takes ${first} images at once`;
  const { height, width } = image;
  const sizes = image.layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const own = target.shape?.slice(1) ?? [];
  const fits = own.length === 3 && own.every((dim, axis) => typeof dim !== 'number' || dim === sizes[axis]);
  if (!fits) return `${target.name} does not have the shape ${sizes.join('x')} of the images`;
  for (const list of [image.mean, image.std]) {
    if (list.length !== 1 && list.length !== channels) return `mean and std are not one per channel`;
  }
  if (image.std.includes(0)) return 'a std is 0';
  return { image, target, channels, isBatched };
}

/** The graph as if it were the model of a service: always on the processor, where the pixels arrive. */
export function preprocessFacts(facts: ServiceFacts, plan: Preprocess): ServiceFacts {
  const { inputs, outputs } = interfaceOf(plan);
  return {
    ...facts,
    name: `${facts.name}-preprocess`,
    model: { ...facts.model, irVersion: IR_VERSION, opset: OPSET, inputs, outputs, states: [], externalFiles: {} },
    preprocessing: null,
    serving: { ...facts.serving, gpus: 0, accelerator: 'none', cudaGraphs: false, responseCacheMiB: 0 },
  };
}

function interfaceOf({ image, target, channels, isBatched }: Preprocess) {
  const { height, width, layout } = image;
  const taken = [height, width, channels];
  const given = layout === 'nchw' ? [channels, height, width] : taken;
  const input: TensorFacts = { name: IMAGE, dataType: 'uint8', shape: isBatched ? ['batch', ...taken] : taken };
  const shape = isBatched ? ['batch', ...given] : [1, ...given];
  const output: TensorFacts = { name: PIXELS, dataType: target.dataType, shape };
  return { inputs: [input], outputs: [output] };
}

/** model.onnx: (x - mean) / std per channel in float32, in the order and layout of the model. The same plan, the same bytes. */
export function preprocessModel(plan: Preprocess): Uint8Array {
  const { nodes, initializers } = steps(plan);
  const { inputs, outputs } = interfaceOf(plan);
  const info = ({ name, dataType, shape }: TensorFacts) => makeValueInfo(name, dataType as DataType, shape);
  const graph = makeGraph({
    name: 'preprocess',
    nodes,
    initializers,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
  });
  return encodedBytes(encodeModel(makeModel({ graph, opset: OPSET, irVersion: IR_VERSION })));
}

function steps({ image, target, isBatched }: Preprocess): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let last = IMAGE;
  const add = (
    opType: string,
    constant: TensorProto | null,
    attributes: Readonly<Record<string, bigint | bigint[]>>,
  ) => {
    if (constant !== null) initializers.push(constant);
    const output = `${opType.toLowerCase()}_${nodes.length}`;
    const input = constant === null ? [last] : [last, constant.name as string];
    nodes.push(makeNode(opType, input, [output], { name: output, attributes }));
    last = output;
  };
  const cast = (dataType: DataType) => add('Cast', null, { to: BigInt(DATA_TYPES[dataType].code) });
  const floats = (name: string, values: readonly number[]) =>
    makeTensor(name, { dataType: 'float32', dims: [values.length], data: Float32Array.from(values) });
  const integers = (name: string, values: readonly bigint[]) =>
    makeTensor(name, { dataType: 'int64', dims: [values.length], data: BigInt64Array.from(values) });

  cast('float32');
  if (image.channels === 'bgr') add('Gather', integers('order', [2n, 1n, 0n]), { axis: -1n });
  add('Sub', floats('mean', image.mean), {});
  add('Div', floats('std', image.std), {});
  if (image.layout === 'nchw') add('Transpose', null, { perm: isBatched ? [0n, 3n, 1n, 2n] : [2n, 0n, 1n] });
  if (!isBatched) add('Unsqueeze', integers('axes', [0n]), {});
  if (target.dataType !== 'float32') cast(target.dataType as DataType);
  const end = nodes.at(-1) as NodeProto;
  nodes[nodes.length - 1] = { ...end, output: [PIXELS] };
  return { nodes, initializers };
}
