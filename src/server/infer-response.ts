/** Outputs of a run → the body of the response: JSON, with the binary tensors behind it. */
import { bytesOfData, type HostTensor } from '../onnx/tensor.ts';
import { topClasses } from './classification.ts';
import type { RequestedOutput } from './infer-request.ts';
import type { TensorSpec } from './signature.ts';
import { type V2Type, v2TypeOf } from './v2-types.ts';

export interface ResponseBody {
  readonly bytes: Buffer;
  /** Bytes of JSON before the binary tensors; undefined when all is JSON. */
  readonly headerSizeBytes?: number;
}

export interface ResponseFacts {
  /** Empty when the request had none. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly isBatched: boolean;
  readonly outputs: readonly (RequestedOutput & { readonly spec: TensorSpec })[];
}

export function encodeResponse(facts: ResponseFacts, tensors: Readonly<Record<string, HostTensor>>): ResponseBody {
  const tail: Uint8Array[] = [];
  let isBinary = false;
  const outputs = facts.outputs.map((output) => {
    const tensor = chosenTensor(output, tensors[output.name] as HostTensor, facts.isBatched);
    const head = `{"name":${JSON.stringify(output.name)},"datatype":"${v2Type(tensor)}","shape":[${tensor.dims}]`;
    if (!output.isBinary) return `${head},"data":[${jsonValues(tensor)}]}`;
    const bytes = binaryValues(tensor);
    isBinary = true;
    tail.push(bytes);
    return `${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const id = facts.id === '' ? '' : `"id":${JSON.stringify(facts.id)},`;
  const model = `"model_name":${JSON.stringify(facts.model)},"model_version":"${facts.version}"`;
  const json = Buffer.from(`{${id}${model},"outputs":[${outputs.join(',')}]}`);
  return isBinary ? { bytes: Buffer.concat([json, ...tail]), headerSizeBytes: json.length } : { bytes: json };
}

function chosenTensor(output: ResponseFacts['outputs'][number], tensor: HostTensor, isBatched: boolean): HostTensor {
  if (output.classCount > 0) return topClasses(tensor, output.classCount, isBatched);
  // Rank 0 is written as [1] even where the model did not tell its rank.
  const isReshaped = output.spec.isReshaped || tensor.dims.length === 0;
  return isReshaped ? { ...tensor, dims: [...tensor.dims, 1] } : tensor;
}

function v2Type(tensor: HostTensor): V2Type {
  return v2TypeOf(tensor.dataType) as V2Type;
}

/**
 * The elements, flat. Integers of 64 bits keep all digits; NaN, Infinity and -Infinity stand bare, which is not JSON by
 * its standard but what Triton writes and its clients read. float32 is written as the double that it is.
 */
function jsonValues({ dataType, data }: HostTensor): string {
  if (Array.isArray(data)) return data.map((text) => JSON.stringify(text)).join(',');
  if (dataType === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0).join(',');
  return data.join(',');
}

/** Little-endian; strings each behind their length (u32). */
function binaryValues({ data }: HostTensor): Uint8Array {
  if (!Array.isArray(data)) return bytesOfData(data);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
