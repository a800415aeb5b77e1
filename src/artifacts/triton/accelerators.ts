/**
 * Execution accelerators of the ONNX Runtime backend, and the reasons to leave one out: a wrong key keeps the model from
 * loading, and TensorRT without profiles builds an engine at each new shape.
 */
import { batching } from '../batching.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { isDynamic, profiles } from './profiles.ts';
import type { TextMessage } from './text-format.ts';

interface Acceleration {
  readonly optimization: TextMessage | undefined;
  readonly comments: readonly string[];
}

/** Below the writable /tmp of the container; a volume there keeps the engines over a restart. */
const ENGINE_CACHE = '/tmp/tensorrt';

/** Lowest precision that TensorRT may use: that in which the model was judged. */
const PRECISION_MODES: Readonly<Record<ServiceFacts['model']['precision'], string>> = {
  float32: 'FP32',
  float16: 'FP16',
  bfloat16: 'BF16',
  int8: 'INT8',
  int4: 'FP32',
  mixed: 'FP32',
};

export function acceleration(facts: ServiceFacts): Acceleration {
  const { accelerator, gpus } = facts.serving;
  const graphs = cudaGraphs(facts);
  if (gpus === 0) {
    const comments = accelerator === 'tensorrt' ? ['No tensorrt accelerator: it needs a GPU.'] : [];
    // The backend takes no parameters here: the device is always the processor.
    const optimization = accelerator === 'openvino' ? on('cpu_execution_accelerator', 'openvino') : undefined;
    return { optimization, comments: [...comments, ...graphs.comments] };
  }
  if (accelerator === 'tensorrt') return tensorrt(facts, graphs);
  return {
    optimization: graphs.isOn ? on('gpu_execution_accelerator', 'cuda', { enable_cuda_graph: '1' }) : undefined,
    comments: [
      ...(accelerator === 'openvino'
        ? ['No openvino accelerator: it runs on the processor, and this config on a GPU.']
        : []),
      ...graphs.comments,
    ],
  };
}

interface CudaGraphs {
  readonly isOn: boolean;
  readonly comments: readonly string[];
}

function cudaGraphs(facts: ServiceFacts): CudaGraphs {
  if (!facts.serving.cudaGraphs) return { isOn: false, comments: [] };
  if (facts.serving.gpus === 0) return { isOn: false, comments: ['No CUDA graphs: they need a GPU.'] };
  const dynamic = facts.model.inputs.find(isDynamic);
  if (dynamic === undefined) return { isOn: true, comments: [] };
  return { isOn: false, comments: [`No CUDA graphs: they need fixed shapes, and ${dynamic.name} is dynamic.`] };
}

/** Engines and timings are kept: building them takes from seconds to minutes. */
function tensorrt(facts: ServiceFacts, graphs: CudaGraphs): Acceleration {
  const shapes = profiles(facts, batching(facts).maxBatchSize);
  const parameters = {
    precision_mode: PRECISION_MODES[facts.model.precision],
    trt_engine_cache_enable: '1',
    trt_engine_cache_path: ENGINE_CACHE,
    trt_timing_cache_enable: '1',
    trt_timing_cache_path: ENGINE_CACHE,
    ...shapes.parameters,
    ...(graphs.isOn && { trt_cuda_graph_enable: '1' }),
  };
  const comments =
    shapes.omitted === null ? [] : [`No TensorRT profiles: ${shapes.omitted}. Each new shape builds an engine.`];
  return {
    optimization: on('gpu_execution_accelerator', 'tensorrt', parameters),
    comments: [...comments, ...graphs.comments],
  };
}

function on(list: string, name: string, parameters: Readonly<Record<string, string>> = {}): TextMessage {
  const entries = Object.entries(parameters).map(([key, value]) => ({ key, value }));
  const accelerator: TextMessage = { name, parameters: entries.length > 0 ? entries : undefined };
  return { execution_accelerators: { [list]: [accelerator] } };
}
