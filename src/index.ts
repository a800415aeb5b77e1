/** The public API: the use cases of the command line as functions. */

export type { Analysis } from './analysis/facts.ts';
export type { Picture } from './analysis/picture.ts';
export { type Clock, systemClock } from './base/clock.ts';
export { ERRORS, type ErrorCode, EXIT_CODES, NimifyError } from './base/errors.ts';
export type { Emit, ProgressEvent } from './base/events.ts';
export { FINDINGS, type Finding, type FindingCode, type Severity } from './base/findings.ts';
export { silentLog } from './base/log.ts';
export { packageVersion } from './base/version.ts';
export { type ConfigValues, makeConfig } from './config/make-config.ts';
export type { Config } from './config/schema.ts';
export type { ModelDiff } from './diff/facts.ts';
export type { Evaluation } from './evaluation/evaluation.ts';
export { analyze } from './pipeline/analyze.ts';
export { catalogLineage, catalogList, catalogSearch, catalogShow, catalogVerify } from './pipeline/catalog.ts';
export { convert } from './pipeline/convert.ts';
export { create } from './pipeline/create.ts';
export { pipelineDeps } from './pipeline/deps.ts';
export { diff } from './pipeline/diff.ts';
export { evaluate } from './pipeline/evaluate.ts';
export { quantize } from './pipeline/quantize.ts';
export type * from './pipeline/requests.ts';
export { type ScanOutcome, type ScanRule, scan, scanRules } from './pipeline/scan.ts';
export { serve } from './pipeline/serve.ts';
export { validate } from './pipeline/validate.ts';
export { type PageFacts, reportPage } from './ui/html/page.ts';
