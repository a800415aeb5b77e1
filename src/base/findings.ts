/**
 * Judgements about a model or a service folder. A finding is data: a code, a severity and arguments; the sentence is
 * made in `ui/finding-text.ts`, where the compiler asks for one for each code of this table.
 */
import type { JsonValue } from './errors.ts';

export const SEVERITIES = ['info', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Code → severity that it has unless the room that raises it says otherwise. */
export const FINDINGS = {
  // analysis
  GRAPH_BROKEN: 'error',
  CUSTOM_DOMAIN: 'error',
  UNKNOWN_OPERATOR: 'warning',
  IR_TOO_NEW: 'error',
  OPSET_TOO_NEW: 'error',
  OPSET_OLD: 'info',
  INITIALIZER_IS_INPUT: 'info',
  ALREADY_QUANTIZED: 'warning',
  NO_WEIGHTS: 'info',
  WEIGHTS_IN_CONSTANTS: 'info',
  UNNAMED_NODES: 'info',
  DYNAMIC_SHAPE: 'info',
  SHAPES_NOT_INFERRED: 'warning',
  SHAPE_CONTRADICTION: 'warning',
  CONTROL_FLOW: 'info',
  SEQUENCE_STATE: 'info',
  WEIGHT_NOT_FINITE: 'warning',
  WEIGHTS_DUPLICATED: 'info',
  WEIGHTS_BEYOND_FLOAT16: 'info',
  WEIGHTS_SPARSE: 'info',
  RUNTIME_REFUSES: 'warning',
  RUNTIME_DIES: 'error',
  // comparison
  INTERFACE_DIFFERS: 'warning',
  GRAPH_DIFFERS: 'info',
  // compatibility
  CPU_NO_KERNEL: 'error',
  CPU_CASTS: 'info',
  CUDA_NO_KERNEL: 'error',
  CUDA_FALLBACK: 'warning',
  CUDA_COPIES: 'warning',
  CUDA_QUANTIZATION: 'warning',
  TENSORRT_OPERATOR: 'warning',
  TENSORRT_TYPE: 'warning',
  TENSORRT_LIMIT: 'warning',
  TENSORRT_QUANTIZATION: 'warning',
  TENSORRT_CONTROL_FLOW: 'info',
  TENSORRT_PLUGIN: 'info',
  TENSORRT_OPSET: 'warning',
  TENSORRT_PROFILE: 'info',
  OPENVINO_OPERATOR: 'error',
  OPENVINO_LIMIT: 'error',
  OPENVINO_TYPE: 'error',
  TRITON_TAG_UNKNOWN: 'warning',
  TRITON_OPSET_TOO_NEW: 'error',
  TRITON_OPTIONAL_INPUTS: 'info',
  // data and evaluation
  DATA_RANDOM: 'warning',
  DATA_FEW_SAMPLES: 'warning',
  DATA_SHARED: 'warning',
  DATA_DUPLICATES: 'info',
  METHOD_SKIPPED: 'info',
  METHOD_FAILED: 'warning',
  WEIGHT_CLAMPED: 'warning',
  WEIGHTS_NEAR_ZERO: 'info',
  CANDIDATE_REJECTED: 'info',
  QUANTIZATION_DOES_NOT_PAY: 'info',
  NOT_MEASURED: 'warning',
  BUDGET_NOT_MET: 'warning',
  SLO_NOT_MET: 'warning',
  OUTPUT_NOT_FINITE: 'error',
  OUTPUT_SHAPE_DIFFERS: 'warning',
  // artifacts and validation
  ARTIFACT_MISSING: 'error',
  ARTIFACT_CHANGED: 'warning',
  ARTIFACT_KEPT: 'warning',
  ARTIFACT_INVALID: 'error',
  ARTIFACT_DISAGREES: 'error',
  MODEL_CHANGED: 'error',
  BATCHING_OFF: 'info',
  TRITON_TYPE_UNSUPPORTED: 'error',
  TRITON_IR_TOO_NEW: 'error',
  LATENCY_HISTOGRAM_MISSING: 'warning',
  METRIC_UNKNOWN: 'error',
  SECRET_IN_FILE: 'error',
  // scanner: one code for all of its rules, with the severity of the rule
  SCAN_RULE: 'error',
  // doctor
  NODE_TOO_OLD: 'error',
  RUNTIME_MISSING: 'error',
  RUNTIME_PROVIDERS: 'info',
  SQLITE_MISSING: 'error',
  SQLITE_TOO_OLD: 'error',
  CATALOG_DAMAGED: 'error',
  CATALOG_UNUSABLE: 'error',
  DATA_FOLDER_UNWRITABLE: 'error',
  DISK_LOW: 'warning',
  TOOL_FOUND: 'info',
  TOOL_NOT_FOUND: 'info',
  CHECK_OK: 'info',
} as const satisfies Record<string, Severity>;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly args: Readonly<Record<string, JsonValue>>;
  /** What it is about: a node, a tensor, a file with a place. */
  readonly where?: string;
}

/** Makes a finding with the severity of the table. */
export function finding(code: FindingCode, args: Finding['args'] = {}, where?: string): Finding {
  return { code, severity: FINDINGS[code], args, ...(where === undefined ? {} : { where }) };
}

/** Each judgement once: the same one may come up for several candidates, or in several checks. */
export function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((f) => [JSON.stringify([f.code, f.where, f.args]), f])).values()];
}

/** True when `severity` is as grave as `limit` or graver. */
export function isAtLeast(severity: Severity, limit: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(limit);
}
