/** The findings of `nimify validate` as other programs read them, each with the place that it names. */
import { join } from 'node:path';
import type { Finding, FindingCode } from '../../base/findings.ts';
import { findingSentence } from '../findings.ts';
import { nearPath } from './sarif.ts';

export interface FindingsContext {
  readonly version: string;
  /** The service folder, absolute. */
  readonly folder: string;
  /** Paths are told relative to this folder where they lie in it. */
  readonly cwd: string;
}

export interface PlacedFinding {
  readonly finding: Finding;
  readonly sentence: string;
  /** Within the service folder; null where the finding is about the whole of it. */
  readonly inside: string | null;
  /** From the working folder where the file is below it; the service folder itself where there is no file. */
  readonly path: string;
  /** From 1; null where the finding does not know. */
  readonly line: number | null;
}

/** Codes whose `where` is a path in the service folder, with a line behind a colon where one is known; else a tensor. */
const OF_FILES: ReadonlySet<FindingCode> = new Set([
  'ARTIFACT_MISSING',
  'ARTIFACT_CHANGED',
  'ARTIFACT_KEPT',
  'ARTIFACT_INVALID',
  'ARTIFACT_DISAGREES',
  'METRIC_UNKNOWN',
  'SECRET_IN_FILE',
  'MODEL_CHANGED',
]);

export function placed(findings: readonly Finding[], { folder, cwd }: FindingsContext): PlacedFinding[] {
  return findings.map((finding) => {
    const where = OF_FILES.has(finding.code) ? finding.where : undefined;
    const [, file = where, line] = /^(.*):(\d+)$/.exec(where ?? '') ?? [];
    const inside = file ?? null;
    const path = inside === null ? nearPath(folder, '.', cwd) : nearPath(join(folder, inside), inside, cwd);
    return {
      finding,
      sentence: findingSentence(finding),
      inside,
      path,
      line: line === undefined ? null : Number(line),
    };
  });
}
