/** What options of a service put into config.pbtxt and into the flags of the server, and what is left out with a reason. */
import { describe, expect, test } from 'vitest';
import { serverFlags } from '../../src/artifacts/server-flags.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { artifact } from '../../src/artifacts/triton/artifact.ts';
import { printConfig } from '../../src/artifacts/triton/config.ts';
import { readConfig } from '../../src/artifacts/triton/read-config.ts';
import { FIXTURES } from './fixtures.ts';

const faces = FIXTURES.faces!;
const text = FIXTURES.text!;
type Serving = Partial<ServiceFacts['serving']>;
const serve = (facts: ServiceFacts, serving: Serving): ServiceFacts => ({
  ...facts,
  serving: { ...facts.serving, ...serving },
});
const configOf = (facts: ServiceFacts) => readConfig(printConfig(facts)).config;
const acceleratorsOf = (facts: ServiceFacts) => configOf(facts).optimization.execution_accelerators;
const parametersOf = (facts: ServiceFacts) =>
  Object.fromEntries(
    acceleratorsOf(facts).gpu_execution_accelerator[0]?.parameters.map(({ key, value }) => [key, value]) ?? [],
  );

/** A recurrent model whose states have the batch first. */
function recurrent(changes: Partial<ServiceFacts['model']> = {}, serving: Serving = {}): ServiceFacts {
  const model: ServiceFacts['model'] = {
    ...faces.model,
    inputs: [
      { name: 'sound', dataType: 'float32', shape: ['batch', 512] },
      { name: 'h', dataType: 'float32', shape: ['batch', 2, 64] },
    ],
    outputs: [
      { name: 'speech', dataType: 'float32', shape: ['batch', 1] },
      { name: 'hn', dataType: 'float32', shape: ['batch', 2, 64] },
    ],
    states: [{ input: 'h', output: 'hn' }],
    ...changes,
  };
  return serve({ ...faces, model }, serving);
}

describe('the queue', () => {
  test('rejects what waited too long, and lets a request ask for less', () => {
    expect(configOf(serve(text, { queueTimeoutMs: 250 })).dynamic_batching?.default_queue_policy).toMatchObject({
      default_timeout_microseconds: 250_000,
      allow_timeout_override: true,
      max_queue_size: 256,
    });
  });

  test('has no timeout when none is wanted', () => {
    expect(printConfig(text)).not.toContain('timeout_microseconds');
  });
});

describe('the response cache', () => {
  test('is asked for by the model and given by the server, or by neither', () => {
    const cached = serve(faces, { responseCacheMiB: 64 });
    expect(configOf(cached).response_cache).toEqual({ enable: true });
    expect(serverFlags(cached)).toContain('--cache-config=local,size=67108864');
    expect(printConfig(faces)).not.toContain('response_cache');
    expect(serverFlags(faces).join(' ')).not.toContain('cache');
  });

  test('is left out with a sequence, whose answers depend on more than the request', () => {
    const facts = recurrent({}, { responseCacheMiB: 64 });
    expect(configOf(facts).response_cache).toBeUndefined();
    expect(printConfig(facts)).toContain('# No response_cache');
    expect(serverFlags(facts).join(' ')).not.toContain('cache');
  });
});

test('traces go to the collector by HTTP, with the name of the service', () => {
  const tracingUrl = 'http://otel-collector:4318/v1/traces';
  expect(serverFlags(serve(faces, { tracingUrl })).filter((flag) => flag.startsWith('--trace'))).toEqual([
    '--trace-config=mode=opentelemetry',
    '--trace-config=level=TIMESTAMPS',
    '--trace-config=rate=1000',
    '--trace-config=count=-1',
    `--trace-config=opentelemetry,url=${tracingUrl}`,
    '--trace-config=opentelemetry,resource=service.name=faces',
  ]);
  expect(serverFlags(faces).join(' ')).not.toContain('trace');
});

describe('accelerators', () => {
  test('TensorRT runs in the precision of the model, keeps its engines, and has profiles for every dynamic input', () => {
    const numbers = { ...text, model: { ...text.model, inputs: text.model.inputs.slice(0, 1) } };
    expect(parametersOf(serve(numbers, { accelerator: 'tensorrt' }))).toEqual({
      precision_mode: 'INT8',
      trt_engine_cache_enable: '1',
      trt_engine_cache_path: '/tmp/tensorrt',
      trt_timing_cache_enable: '1',
      trt_timing_cache_path: '/tmp/tensorrt',
      trt_profile_min_shapes: 'input_ids:1x128',
      trt_profile_opt_shapes: 'input_ids:16x128',
      trt_profile_max_shapes: 'input_ids:16x128',
    });
  });

  test.each([
    ['float32', 'FP32'],
    ['float16', 'FP16'],
    ['bfloat16', 'BF16'],
    ['mixed', 'FP32'],
  ] as const)('a model of %s runs in %s', (precision, mode) => {
    const facts = { ...faces, model: { ...faces.model, precision } };
    expect(parametersOf(serve(facts, { accelerator: 'tensorrt', gpus: 1 })).precision_mode).toBe(mode);
  });

  test('sizes of an image and of a text are the bounds of their axes', () => {
    const image: ServiceFacts = {
      ...serve(faces, { accelerator: 'tensorrt', gpus: 1 }),
      model: { ...faces.model, inputs: [{ name: 'x', dataType: 'float32', shape: [1, 3, 'h', 'w'] }] },
      preprocessing: {
        kind: 'image',
        input: 'x',
        layout: 'nchw',
        height: 240,
        width: 320,
        channels: 'rgb',
        mean: [0],
        std: [1],
      },
    };
    expect(parametersOf(image).trt_profile_max_shapes).toBe('x:1x3x240x320');
    const ids: ServiceFacts = {
      ...serve(text, { accelerator: 'tensorrt' }),
      model: { ...text.model, inputs: [{ name: 'ids', dataType: 'int64', shape: ['batch', 'tokens'] }] },
      preprocessing: { kind: 'text', maxTokens: 64 },
    };
    expect(parametersOf(ids)).toMatchObject({ trt_profile_min_shapes: 'ids:1x1', trt_profile_max_shapes: 'ids:16x64' });
  });

  test.each([
    ['an open size', 'ids', ['batch', 'tokens'], 'the sizes of ids have no known bound'],
    ['a name that the list cannot hold', 'serving_default_x:0', ['batch', 8], 'cannot be written'],
  ])('%s leaves all profiles out and says why', (_, name, shape, why) => {
    const model = { ...text.model, inputs: [{ name, dataType: 'float32', shape }] };
    const facts = serve({ ...text, model }, { accelerator: 'tensorrt' });
    expect(Object.keys(parametersOf(facts)).filter((key) => key.includes('profile'))).toEqual([]);
    expect(printConfig(facts)).toMatch(new RegExp(`# No TensorRT profiles: .*${why}`));
  });

  test('OpenVINO takes no parameters', () => {
    expect(acceleratorsOf(serve(faces, { accelerator: 'openvino' }))).toEqual({
      gpu_execution_accelerator: [],
      cpu_execution_accelerator: [{ name: 'openvino', parameters: [] }],
    });
  });

  test.each<[string, ServiceFacts, Serving, string]>([
    ['TensorRT without a GPU', faces, { accelerator: 'tensorrt' }, '# No tensorrt accelerator'],
    ['OpenVINO on a GPU', faces, { accelerator: 'openvino', gpus: 1 }, '# No openvino accelerator'],
    ['CUDA graphs without a GPU', faces, { cudaGraphs: true }, '# No CUDA graphs: they need a GPU'],
    [
      'CUDA graphs of open shapes',
      text,
      { cudaGraphs: true },
      '# No CUDA graphs: they need fixed shapes, and input_ids',
    ],
  ])('%s is left out with a reason', (_, facts, serving, comment) => {
    const changed = serve(facts, serving);
    expect(acceleratorsOf(changed)).toEqual({ gpu_execution_accelerator: [], cpu_execution_accelerator: [] });
    expect(printConfig(changed)).toContain(comment);
  });

  test('CUDA graphs of fixed shapes are asked of TensorRT where it runs, else of CUDA', () => {
    const graphs = { cudaGraphs: true, gpus: 1 };
    expect(acceleratorsOf(serve(faces, graphs)).gpu_execution_accelerator).toEqual([
      { name: 'cuda', parameters: [{ key: 'enable_cuda_graph', value: '1' }] },
    ]);
    expect(parametersOf(serve(faces, { ...graphs, accelerator: 'tensorrt' }))).toMatchObject({
      trt_cuda_graph_enable: '1',
    });
  });
});

describe('sequence batching', () => {
  test('keeps the state in the server: it is neither an input nor an output, and starts as zeros', () => {
    const config = configOf(recurrent());
    expect(config.input.map(({ name }) => name)).toEqual(['sound']);
    expect(config.output.map(({ name }) => name)).toEqual(['speech']);
    expect(config.dynamic_batching).toBeUndefined();
    expect(config.sequence_batching?.oldest?.max_candidate_sequences).toBe(64);
    expect(config.sequence_batching?.state).toEqual([
      {
        input_name: 'h',
        output_name: 'hn',
        data_type: 'TYPE_FP32',
        dims: [2, 64],
        initial_state: [{ name: 'h at the start', dims: [2, 64] }],
      },
    ]);
    expect(printConfig(recurrent())).toContain('zero_data: true');
  });

  const state = (shape: (number | string | null)[], dataType = 'float32') => ({ name: 'h', dataType, shape });
  test.each([
    ['the batch on another axis', state([2, 'batch', 64]), /which h does not have/],
    ['an open size', state(['batch', null, 64]), /h is dynamic beyond the batch/],
    ['another type than it comes out with', state(['batch', 2, 64], 'float16'), /h is float16 and hn is float32/],
    ['another shape than it comes out with', state(['batch', 1, 64]), /h and hn differ in shape/],
    ['one value per row', state(['batch']), /one value per row/],
  ])('a state with %s is carried by the client, and the file says so', (_, h, why) => {
    const facts = recurrent({ inputs: [recurrent().model.inputs[0]!, h] });
    expect(configOf(facts).sequence_batching).toBeUndefined();
    expect(configOf(facts).input.map(({ name }) => name)).toEqual(['sound', 'h']);
    expect(printConfig(facts)).toMatch(why);
    expect(printConfig(facts)).toContain('The client carries the state: it sends hn into h of the next request.');
  });

  test('of what is generated nothing is reported', async () => {
    for (const facts of [recurrent(), recurrent({}, { gpus: 1, responseCacheMiB: 8, accelerator: 'tensorrt' })]) {
      const files = new Map((await artifact.generate(facts)).map(({ path, content }) => [path, content as string]));
      expect((await artifact.check(files, facts)).filter(({ severity }) => severity !== 'info')).toEqual([]);
    }
  });
});

test('both kinds of machine have a config, whichever the service is for', async () => {
  for (const facts of [faces, serve(faces, { gpus: 1 })]) {
    const files = new Map((await artifact.generate(facts)).map(({ path, content }) => [path, content as string]));
    const kinds = [...files].map(([path, content]) => [path, /kind: (\w+)/.exec(content)?.[1]]);
    expect(kinds).toEqual([
      ['models/faces/config.pbtxt', facts.serving.gpus > 0 ? 'KIND_GPU' : 'KIND_CPU'],
      ['models/faces/configs/cpu.pbtxt', 'KIND_CPU'],
      ['models/faces/configs/gpu.pbtxt', 'KIND_GPU'],
    ]);
  }
});

test('a field is found by its path, in a list too, or by what is around it', () => {
  const { lineOf } = readConfig(
    'name: "x"\ninput [\n  { name: "a" },\n  {\n    dims: [ 1,\n    2 ]\n  }\n]\ninput {\n}\n',
  );
  expect(
    ['name', 'input.0.name', 'input.1', 'input.1.dims.1', 'input.1.dims', 'input.2', 'input.2.dims'].map(lineOf),
  ).toEqual([1, 3, 4, 6, 5, 9, 9]);
  expect(lineOf('output.0')).toBeUndefined();
});
