/** Facts of services of the real models, with the inputs and outputs that the files declare. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceFacts, TensorFacts } from '../../src/artifacts/service-facts.ts';
import { opsetVersion } from '../../src/onnx/graph.ts';
import { openModel } from '../../src/onnx/open.ts';
import { statePairs } from '../../src/onnx/state-pairs.ts';
import { realInputs, type TensorInfo, tensorInfo } from '../../src/onnx/value-info.ts';
import { FIXTURES } from '../artifacts/fixtures.ts';
import { ROOT } from './command.ts';
import { REAL_MODELS, SHARED } from './real-models.ts';

const base = FIXTURES.faces!;

/** Name → facts; without the models of the shared folder where that is missing. */
export function realFacts(): Record<string, ServiceFacts> {
  const shared = Object.keys(REAL_MODELS)
    .filter((path) => path.startsWith('models/'))
    .map((path) => join(SHARED, path));
  const paths = [join(ROOT, 'test/fixtures/sample/digits.onnx'), ...shared].filter((path) => existsSync(path));
  return Object.fromEntries(
    paths.map((path) => {
      const name = path
        .split('/')
        .slice(-2)
        .join('-')
        .replace('.onnx', '')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-');
      return [name, factsOf(name, path)];
    }),
  );
}

function factsOf(name: string, path: string): ServiceFacts {
  const { proto, sizeBytes } = openModel(path);
  const graph = proto.graph!;
  const inputs = realInputs(graph).map(tensorInfo);
  const outputs = (graph.output ?? []).map(tensorInfo);
  return {
    ...base,
    name,
    model: {
      ...base.model,
      sizeBytes,
      weightBytes: sizeBytes,
      irVersion: proto.irVersion ?? 8,
      opset: opsetVersion(proto) ?? 17,
      inputs: inputs.map(toFacts),
      outputs: outputs.map(toFacts),
      states: statePairs(inputs, outputs).map(({ input, output }) => ({ input: input.name, output: output.name })),
    },
  };
}

function toFacts({ name, dataType, shape }: TensorInfo): TensorFacts {
  return { name, dataType: dataType ?? 'float32', shape: shape === null ? null : [...shape] };
}
