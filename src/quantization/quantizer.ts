/** What a quantizer is. One folder per method, one line in registry.ts. */

import type { JsonValue } from '../base/errors.ts';
import type { ReportProgress } from '../base/events.ts';
import type { Finding } from '../base/findings.ts';
import type { Config } from '../config/schema.ts';
import type { OnnxModel } from '../onnx/open.ts';
import type { ModelProto } from '../onnx/proto.ts';
import type { SampleSet } from '../runtime/feeds.ts';
import type { OpenSession } from '../runtime/session.ts';
import type { CalibrationCache, CalibrationSource } from './calibration/cache.ts';
import type { TensorHistogram } from './calibration/ranges.ts';

/** How weights are kept after quantization; the precision in the catalog and in artifacts. */
export type Precision = 'float32' | 'float16' | 'bfloat16' | 'int8' | 'int4' | 'mixed';

/** What the registry knows of a quantizer without loading its code. */
export interface QuantizerEntry {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it does and where it helps. */
  readonly summary: string;
  readonly needsCalibration: boolean;
  /** True where it does better with samples, and does without. */
  readonly usesCalibration?: boolean;
  /** Keys of the section `quantization` of the configuration that are options of this method. */
  readonly settings: readonly (keyof Config['quantization'])[];
  load(): Promise<Quantizer>;
}

/** True where samples for calibration are of use to the method. */
export function takesSamples(entry: QuantizerEntry): boolean {
  return entry.needsCalibration || entry.usesCalibration === true;
}

export interface QuantizeInput {
  /** Opened anew for this run: the quantizer may change `model.proto`. */
  readonly model: OnnxModel;
  /** Null only where the registry entry says that no calibration is needed; given where it says that it is used. */
  readonly calibration: SampleSet | null;
  /** Options of this method, checked against its own zod schema; unknown keys are errors. */
  readonly options: Readonly<Record<string, JsonValue>>;
}

export interface QuantizeDeps {
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
  /** An existing folder for intermediate files; whoever made it removes it. */
  readonly temporaryFolder: string;
  /** How models are opened; in this process when absent. */
  readonly openSession?: OpenSession;
  /** The execution provider that sessions are expected to run on; the CPU when absent. */
  readonly provider?: string;
  /** Where statistics of calibration are kept from run to run; they are made anew when absent. */
  readonly calibrationCache?: CalibrationCache;
  /** Hears where each kind of statistics came from. */
  readonly onCalibration?: (source: CalibrationSource) => void;
}

export interface QuantizeOutput {
  /** The quantized model, not yet written; untouched tensors may still be ranges of the input file. */
  readonly proto: ModelProto;
  /** Everything that decides the bytes of the output, JSON-safe and byte-stable: method, options as used, opset, data digest. */
  readonly recipe: Recipe;
  readonly findings: readonly Finding[];
  /** What calibration saw, where ranges were chosen from more than minima and maxima. */
  readonly histograms?: readonly TensorHistogram[];
}

export interface Recipe {
  readonly method: string;
  /** Of the weights that were quantized; `mixed` where they became several kinds. */
  readonly precision: Precision;
  readonly options: Readonly<Record<string, JsonValue>>;
  /** Null without calibration. */
  readonly calibration: {
    readonly origin: string;
    readonly digest: string;
    readonly samples: number;
    readonly isRandom: boolean;
  } | null;
  readonly opset: number;
  /** How many nodes of each operator type were quantized. */
  readonly quantizedNodes: Readonly<Record<string, number>>;
}

/** What a recipe says of the samples. */
export function calibrationOf({ origin, digest, count, isRandom }: SampleSet): NonNullable<Recipe['calibration']> {
  return { origin, digest, samples: count, isRandom };
}

export interface Quantizer {
  /**
   * Empty when the method applies; else findings METHOD_SKIPPED that say why not. Reads structure only.
   */
  requires(model: OnnxModel): readonly Finding[];
  /** @throws NimifyError METHOD_NOT_APPLICABLE, OPSET_UNSUPPORTED, DATA_NOT_FINITE, RUNTIME_*; or the abort reason of the signal */
  run(input: QuantizeInput, deps: QuantizeDeps): Promise<QuantizeOutput>;
}
