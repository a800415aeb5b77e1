/**
 * The fields of inference.ModelConfig (triton-inference-server/common, model_config.proto) as data. A line is
 * `name:type`, a star marks repeated fields; types with a capital letter are messages, `#` marks enums. Map fields are
 * repeated messages with key and value, which is how text format writes them.
 */
const FIELDS = {
  ModelConfig:
    'name:string platform:string backend:string runtime:string version_policy:VersionPolicy max_batch_size:int ' +
    'input:Input* output:Output* batch_input:BatchInput* batch_output:BatchOutput* optimization:Optimization ' +
    'dynamic_batching:DynamicBatching sequence_batching:SequenceBatching ensemble_scheduling:Ensembling ' +
    'instance_group:InstanceGroup* default_model_filename:string cc_model_filenames:TextEntry* ' +
    'metric_tags:TextEntry* parameters:ParameterEntry* model_warmup:Warmup* model_operations:Operations ' +
    'model_transaction_policy:TransactionPolicy model_repository_agents:RepositoryAgents ' +
    'response_cache:Enable model_metrics:Metrics',
  Input:
    'name:string data_type:#DataType format:#Format dims:int* reshape:Shape is_shape_tensor:bool ' +
    'allow_ragged_batch:bool optional:bool is_non_linear_format_io:bool',
  Output:
    'name:string data_type:#DataType dims:int* reshape:Shape label_filename:string is_shape_tensor:bool ' +
    'is_non_linear_format_io:bool',
  Shape: 'shape:int*',
  BatchInput: 'kind:#BatchInputKind target_name:string* data_type:#DataType source_input:string*',
  BatchOutput: 'target_name:string* kind:#BatchOutputKind source_input:string*',
  VersionPolicy: 'latest:Latest all:Empty specific:Specific',
  Latest: 'num_versions:uint',
  Specific: 'versions:int*',
  Empty: '',
  Enable: 'enable:bool',
  TextEntry: 'key:string value:string',
  ParameterEntry: 'key:string value:Parameter',
  Parameter: 'string_value:string',
  InstanceGroup:
    'name:string kind:#InstanceKind count:int rate_limiter:RateLimiter gpus:int* ' +
    'secondary_devices:SecondaryDevice* profile:string* passive:bool host_policy:string',
  RateLimiter: 'resources:Resource* priority:uint',
  Resource: 'name:string global:bool count:uint',
  SecondaryDevice: 'kind:#SecondaryDeviceKind device_id:int',
  Optimization:
    'graph:Graph priority:#Priority cuda:Cuda execution_accelerators:Accelerators input_pinned_memory:Enable ' +
    'output_pinned_memory:Enable gather_kernel_buffer_threshold:uint eager_batching:bool',
  Graph: 'level:int',
  Cuda: 'graphs:bool busy_wait_events:bool graph_spec:GraphSpec* output_copy_stream:bool',
  GraphSpec: 'batch_size:int input:GraphInputEntry* graph_lower_bound:GraphBound',
  GraphBound: 'batch_size:int input:GraphInputEntry*',
  GraphInputEntry: 'key:string value:GraphShape',
  GraphShape: 'dim:int*',
  Accelerators: 'gpu_execution_accelerator:Accelerator* cpu_execution_accelerator:Accelerator*',
  Accelerator: 'name:string parameters:TextEntry*',
  DynamicBatching:
    'preferred_batch_size:int* max_queue_delay_microseconds:uint preserve_ordering:bool priority_levels:uint ' +
    'default_priority_level:uint default_queue_policy:QueuePolicy priority_queue_policy:QueuePolicyEntry*',
  QueuePolicy:
    'timeout_action:#TimeoutAction default_timeout_microseconds:uint allow_timeout_override:bool max_queue_size:uint',
  QueuePolicyEntry: 'key:uint value:QueuePolicy',
  SequenceBatching:
    'direct:Direct oldest:Oldest max_sequence_idle_microseconds:uint control_input:ControlInput* state:State* ' +
    'iterative_sequence:bool',
  Direct: 'max_queue_delay_microseconds:uint minimum_slot_utilization:float',
  Oldest:
    'max_candidate_sequences:int preferred_batch_size:int* max_queue_delay_microseconds:uint preserve_ordering:bool',
  ControlInput: 'name:string control:Control*',
  Control: 'kind:#ControlKind int32_false_true:int* fp32_false_true:float* bool_false_true:bool* data_type:#DataType',
  State:
    'input_name:string output_name:string data_type:#DataType dims:int* initial_state:InitialState* ' +
    'use_same_buffer_for_input_output:bool use_growable_memory:bool',
  InitialState: 'data_type:#DataType dims:int* zero_data:bool data_file:string name:string',
  Ensembling: 'step:Step* max_inflight_requests:uint',
  Step: 'model_name:string model_version:int input_map:TextEntry* output_map:TextEntry* model_namespace:string',
  Warmup: 'name:string batch_size:uint inputs:WarmupEntry* count:uint',
  WarmupEntry: 'key:string value:WarmupInput',
  WarmupInput: 'data_type:#DataType dims:int* zero_data:bool random_data:bool input_data_file:string',
  Operations: 'op_library_filename:string*',
  TransactionPolicy: 'decoupled:bool',
  RepositoryAgents: 'agents:Accelerator*',
  Metrics: 'metric_control:MetricControl*',
  MetricControl: 'metric_identifier:MetricIdentifier histogram_options:HistogramOptions',
  MetricIdentifier: 'family:string',
  HistogramOptions: 'buckets:float*',
} as const;

const ENUMS: Readonly<Record<string, string>> = {
  DataType:
    'TYPE_INVALID TYPE_BOOL TYPE_UINT8 TYPE_UINT16 TYPE_UINT32 TYPE_UINT64 TYPE_INT8 TYPE_INT16 TYPE_INT32 ' +
    'TYPE_INT64 TYPE_FP16 TYPE_FP32 TYPE_FP64 TYPE_STRING TYPE_BF16',
  Format: 'FORMAT_NONE FORMAT_NHWC FORMAT_NCHW',
  InstanceKind: 'KIND_AUTO KIND_GPU KIND_CPU KIND_MODEL',
  SecondaryDeviceKind: 'KIND_NVDLA',
  BatchInputKind:
    'BATCH_ELEMENT_COUNT BATCH_ACCUMULATED_ELEMENT_COUNT BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO ' +
    'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE BATCH_ITEM_SHAPE BATCH_ITEM_SHAPE_FLATTEN',
  BatchOutputKind: 'BATCH_SCATTER_WITH_INPUT_SHAPE',
  Priority: 'PRIORITY_DEFAULT PRIORITY_MAX PRIORITY_MIN',
  TimeoutAction: 'REJECT DELAY',
  ControlKind: 'CONTROL_SEQUENCE_START CONTROL_SEQUENCE_READY CONTROL_SEQUENCE_END CONTROL_SEQUENCE_CORRID',
};

/** Fields of which a message may hold one only. */
export const ONE_OF: Readonly<Record<string, readonly string[]>> = {
  ModelConfig: ['dynamic_batching', 'sequence_batching', 'ensemble_scheduling'],
  VersionPolicy: ['latest', 'all', 'specific'],
  SequenceBatching: ['direct', 'oldest'],
  InitialState: ['zero_data', 'data_file'],
  WarmupInput: ['zero_data', 'random_data', 'input_data_file'],
};

export interface FieldType {
  readonly kind: 'string' | 'int' | 'uint' | 'float' | 'bool' | 'enum' | 'message';
  /** Name of the enum or message. */
  readonly of: string;
  readonly isRepeated: boolean;
}

export function fieldsOf(message: string): ReadonlyMap<string, FieldType> {
  const text = FIELDS[message as keyof typeof FIELDS];
  return new Map(text.split(' ').filter(Boolean).map(parseField));
}

function parseField(entry: string): [string, FieldType] {
  const [name = '', type = ''] = entry.split(':');
  const isRepeated = type.endsWith('*');
  const of = type.replace(/[#*]/g, '');
  if (type.startsWith('#')) return [name, { kind: 'enum', of, isRepeated }];
  const kind = /^[A-Z]/.test(of) ? 'message' : (of as FieldType['kind']);
  return [name, { kind, of, isRepeated }];
}

export function enumValues(name: string): readonly string[] {
  return ENUMS[name]?.split(' ') ?? [];
}
