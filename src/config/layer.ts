/** One layer of the configuration: values with the place that each came from. */
import type { SettingKey } from './settings.ts';

export type ValueSource =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

export interface LayerValue {
  readonly key: SettingKey;
  readonly value: unknown;
  readonly source: ValueSource;
}

export interface ConfigProblem {
  /** The key as it was written. */
  readonly key: string;
  readonly message: string;
  readonly source: ValueSource;
}

export interface Layer {
  readonly values: readonly LayerValue[];
  readonly problems: readonly ConfigProblem[];
}

/** `nimify.config.yaml:3:5`, `NIMIFY_SERVICE_REPLICAS`, `--replicas` or `default`. */
export function describeSource(source: ValueSource): string {
  switch (source.kind) {
    case 'file':
      return `${source.path}:${source.line}:${source.column}`;
    case 'environment':
      return source.name;
    case 'flag':
      return source.flag;
    case 'default':
      return 'default';
  }
}
