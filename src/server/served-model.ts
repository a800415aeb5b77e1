/** What the server is asked to serve. */

/** One version of one model, found in a repository and not yet loaded. */
export interface ServedModel {
  /** Name in the URLs: the folder of the model, or its file name without `.onnx`. */
  readonly name: string;
  /** A positive integer in decimal digits. */
  readonly version: string;
  /** The .onnx file. */
  readonly path: string;
  /** `max_batch_size` of config.pbtxt; 0 means that the first dimension is an ordinary one. */
  readonly maxBatchSize: number;
  /** Bounds of nv_inference_first_response_histogram_ms from config.pbtxt, in whole milliseconds, ascending. */
  readonly latencyBucketsMs?: readonly number[];
}
