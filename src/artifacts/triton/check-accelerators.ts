/** Execution accelerators, as the ONNX Runtime backend reads them (LoadModel, onnxruntime.cc), in its own words. */
import type { ConfigCheck } from './check-config.ts';
import { isDynamic } from './profiles.ts';
import type { ModelConfig } from './read-config.ts';

type Accelerator = ModelConfig['optimization']['execution_accelerators']['gpu_execution_accelerator'][number];

/** All that the backend takes for `tensorrt`; another key keeps the model from loading. */
const TENSORRT_KEYS = new Set(
  (
    'precision_mode max_workspace_size_bytes trt_max_partition_iterations trt_min_subgraph_size ' +
    'int8_calibration_table_name int8_use_native_calibration_table trt_dla_enable trt_dla_core ' +
    'trt_engine_cache_enable trt_engine_cache_path trt_engine_cache_prefix trt_timing_cache_enable ' +
    'trt_timing_cache_path trt_force_timing_cache trt_dump_subgraphs trt_force_sequential_engine_build ' +
    'trt_context_memory_sharing_enable trt_layer_norm_fp32_fallback trt_detailed_build_log ' +
    'trt_build_heuristics_enable trt_sparsity_enable trt_builder_optimization_level trt_auxiliary_streams ' +
    'trt_tactic_sources trt_extra_plugin_lib_paths trt_profile_min_shapes trt_profile_opt_shapes ' +
    'trt_profile_max_shapes trt_cuda_graph_enable trt_dump_ep_context_model trt_ep_context_file_path ' +
    'trt_ep_context_embed_mode'
  ).split(' '),
);
const PRECISION_MODES = ['FP32', 'FP16', 'BF16', 'INT8'];
const PROFILES = ['trt_profile_min_shapes', 'trt_profile_opt_shapes', 'trt_profile_max_shapes'] as const;
const ROOT = 'optimization.execution_accelerators';

export function checkAccelerators(check: ConfigCheck): void {
  const { config, facts, file, problems, lineOf } = check;
  const { gpu_execution_accelerator: gpu, cpu_execution_accelerator: cpu } = config.optimization.execution_accelerators;
  for (const [index, accelerator] of gpu.entries()) {
    const path = `${ROOT}.gpu_execution_accelerator.${index}`;
    if (accelerator.name === 'tensorrt') checkTensorrt(check, accelerator, path);
    else if (accelerator.name !== 'cuda') checkUnknown(check, accelerator, path);
    if (facts.serving.gpus === 0) {
      problems.invalid(file, 'GPU Execution Accelerator will be ignored for model instance on CPU', lineOf(path));
    }
  }
  for (const [index, accelerator] of cpu.entries()) {
    const path = `${ROOT}.cpu_execution_accelerator.${index}`;
    if (accelerator.name !== 'openvino') checkUnknown(check, accelerator, path);
    else if (accelerator.parameters.length > 0) {
      const problem = 'the openvino accelerator takes no parameters: the backend does not read them';
      problems.invalid(file, problem, lineOf(`${path}.parameters`));
    }
  }
}

function checkUnknown({ file, problems, lineOf }: ConfigCheck, { name }: Accelerator, path: string): void {
  problems.invalid(file, `unknown Execution Accelerator '${name}' is requested`, lineOf(`${path}.name`));
}

function checkTensorrt(check: ConfigCheck, { parameters }: Accelerator, path: string): void {
  const { file, problems, lineOf } = check;
  for (const [index, { key, value }] of parameters.entries()) {
    const line = lineOf(`${path}.parameters.${index}.key`);
    if (!TENSORRT_KEYS.has(key)) {
      problems.invalid(file, `unknown parameter '${key}' is provided for TensorRT Execution Accelerator`, line);
    }
    if (key === 'precision_mode' && !PRECISION_MODES.includes(value)) {
      problems.invalid(file, `unsupported precision mode '${value}' is requested`, line);
    }
  }
  checkProfiles(check, new Map(parameters.map(({ key, value }) => [key, value])), path);
}

/** ONNX Runtime takes profiles for all dynamic inputs and with all three bounds, or ignores them. */
function checkProfiles(
  { facts, file, problems, lineOf }: ConfigCheck,
  parameters: ReadonlyMap<string, string>,
  path: string,
): void {
  const given = PROFILES.filter((key) => parameters.has(key));
  if (given.length === 0) return;
  for (const key of PROFILES) {
    const text = parameters.get(key);
    const names = text?.split(',').map((entry) => entry.split(':')[0]) ?? [];
    const missing = facts.model.inputs.filter((input) => isDynamic(input) && !names.includes(input.name));
    if (text === undefined) problems.invalid(file, `${given.join(', ')} without ${key}`, lineOf(`${path}.parameters`));
    else if (missing.length > 0) {
      const list = missing.map(({ name }) => name).join(', ');
      problems.invalid(file, `${key} lacks ${list}: profiles cover all dynamic inputs`, lineOf(`${path}.parameters`));
    }
  }
}
