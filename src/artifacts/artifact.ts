/** What an artifact is. One folder per artifact here and one of the same name in templates/, one line in registry.ts. */
import type { Finding } from '../base/findings.ts';
import type { GeneratedFile } from '../base/write-files.ts';
import type { ServiceFacts } from './service-facts.ts';

export interface ArtifactEntry {
  readonly id: string;
  readonly title: string;
  load(): Promise<Artifact>;
}

/** Files that are in a service folder: relative path with forward slashes → text. */
export type ServiceFiles = ReadonlyMap<string, string>;

export interface Artifact {
  /**
   * Pure: the same facts give the same bytes, paths relative to the service folder, no dates, sorted by path.
   */
  generate(facts: ServiceFacts): Promise<GeneratedFile[]>;
  /**
   * Judges the files of this artifact in a service folder (edited or foreign ones too) against the facts: syntax,
   * rules of the consumer, agreement with the other files. Never throws for bad content.
   */
  check(files: ServiceFiles, facts: ServiceFacts): Promise<Finding[]>;
}
