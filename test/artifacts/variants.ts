/** Services that are hard to write down: names that need quoting everywhere, many tensors, and everything turned on. */
import type { ServiceFacts, TensorFacts } from '../../src/artifacts/service-facts.ts';
import { FIXTURES } from './fixtures.ts';

const base = FIXTURES.text!;

/** Names that exporters really make, and names that a file format could take for its own. */
const HOSTILE_NAMES = [
  'serving_default_input_2:0',
  'with space',
  `double " and single ' quotes`,
  'back\\slash',
  'dots.and/slashes',
  'ünïcödé 入力',
  '0digit',
  'class',
  '__proto__',
  'toString',
  ['$', '{braces}'].join(''),
  '$(command)',
  '%{percent}',
  '{{ .Values.image }}',
  '<%= it.name %>',
  '# comment',
  '- dash: colon',
  '*/ end',
  '"""',
  'null',
  'a'.repeat(200),
] as const;

const tensor = (name: string): TensorFacts => ({ name, dataType: 'float32', shape: ['batch', 4] });

function withTensors(name: string, inputs: TensorFacts[], outputs: TensorFacts[]): ServiceFacts {
  return {
    ...base,
    name,
    serving: { ...base.serving, gpus: 0 },
    model: { ...base.model, sizeBytes: 1000, weightBytes: 1000, inputs, outputs, externalFiles: {} },
  };
}

const HOSTILE: Readonly<Record<string, ServiceFacts>> = {
  names: withTensors(
    '0-9',
    HOSTILE_NAMES.map(tensor),
    HOSTILE_NAMES.map((name) => tensor(`${name} out`)),
  ),
  many: withTensors(
    'x'.repeat(63),
    Array.from({ length: 300 }, (_, index) => tensor(`input_${index}`)),
    [tensor('output')],
  ),
  number: withTensors('1e5', [tensor('x')], [tensor('y')]),
  picture: {
    ...withTensors(
      'picture',
      [{ name: 'image', dataType: 'float16', shape: ['batch', 3, 24, 32] }],
      [tensor('pixels')],
    ),
    preprocessing: {
      kind: 'image',
      input: 'image',
      layout: 'nchw',
      height: 24,
      width: 32,
      channels: 'bgr',
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
    },
  },
};

/** The same model with every option that a service can have on this hardware. */
function everythingOn(facts: ServiceFacts): ServiceFacts {
  const isGpu = facts.serving.gpus > 0;
  return {
    ...facts,
    serving: {
      ...facts.serving,
      instanceCount: 2,
      replicas: 3,
      maxQueueSize: 128,
      pendingTarget: 7,
      queueTimeoutMs: 1000,
      accelerator: isGpu ? 'tensorrt' : 'openvino',
      cudaGraphs: isGpu,
      responseCacheMiB: 64,
      imageProfile: isGpu ? 'slim' : 'node',
      tracingUrl: 'http://otel-collector:4318/v1/traces',
    },
    slo: { latencyMs: 37.5, availabilityRatio: 0.999, latencyRatio: 0.99 },
    measured: {
      hardware: 'a processor, 2 cores',
      loadMs: 1234,
      memoryMiB: 321,
      threads: 2,
      batches: [
        { batchSize: 1, p50Ms: 4, p99Ms: 5 },
        { batchSize: 8, p50Ms: 18, p99Ms: 20 },
      ],
    },
  };
}

function onGpu(facts: ServiceFacts): ServiceFacts {
  return { ...facts, serving: { ...facts.serving, gpus: 1 } };
}

/** Each service × {cpu, gpu} × {default, everything on}. */
export function fourWays(services: Readonly<Record<string, ServiceFacts>>): Record<string, ServiceFacts> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, facts]) => {
      const cpu = { ...facts, serving: { ...facts.serving, gpus: 0 } };
      return [
        [`${name}-cpu`, cpu],
        [`${name}-cpu-on`, everythingOn(cpu)],
        [`${name}-gpu`, onGpu(facts)],
        [`${name}-gpu-on`, everythingOn(onGpu(facts))],
      ];
    }),
  );
}

export const VARIANTS: Readonly<Record<string, ServiceFacts>> = fourWays({ ...FIXTURES, ...HOSTILE });
