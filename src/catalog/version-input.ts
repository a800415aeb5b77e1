/** What a new version names: its files with their paths made absolute, and the words it is found by. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { JsonValue } from '../base/errors.ts';
import type { FileRecord, ModelFileRecord, NewVersion } from './records.ts';

/** Artifacts below this size are kept with the models; of larger ones the digest is. */
const STORED_ARTIFACT_BYTES = 1 << 20;

type FileRole = 'source' | 'source-data' | 'model' | 'model-data' | 'artifact';

/** One file of a version. */
export interface VersionFile {
  readonly role: FileRole;
  /** Artifact id, or the location by which a model names its data. */
  readonly label: string;
  /** As it is remembered: relative to the service folder with forward slashes, or absolute. */
  readonly path: string;
  readonly absolutePath: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly isStored: boolean;
}

export function versionFiles(version: NewVersion): VersionFile[] {
  const folder = resolve(version.filesFolder ?? version.serviceFolder);
  const inService = (file: FileRecord, role: FileRole, label: string): VersionFile => {
    const absolutePath = resolve(folder, file.path);
    const isStored = role !== 'artifact' || file.sizeBytes < STORED_ARTIFACT_BYTES;
    return { ...digestOf(file), role, label, absolutePath, path: remembered(absolutePath, folder), isStored };
  };
  const outside = (file: FileRecord, role: FileRole, label: string): VersionFile => {
    const absolutePath = resolve(file.path);
    return { ...digestOf(file), role, label, absolutePath, path: absolutePath, isStored: true };
  };
  return [
    ...modelFiles(version.source.file, 'source', version.source.kind, outside),
    ...modelFiles(version.model, 'model', version.model.method, inService),
    ...version.artifacts.map((artifact) => inService(artifact, 'artifact', artifact.id)),
  ];
}

function modelFiles(
  model: ModelFileRecord,
  role: 'source' | 'model',
  label: string,
  toFile: (file: FileRecord, role: FileRole, label: string) => VersionFile,
): VersionFile[] {
  const data = (model.dataFiles ?? []).map((file) => toFile(file, `${role}-data`, file.location));
  return [toFile(model, role, label), ...data];
}

function digestOf({ sha256, sizeBytes }: FileRecord): { sha256: string; sizeBytes: number } {
  return { sha256, sizeBytes };
}

function remembered(path: string, folder: string): string {
  const inside = relative(folder, path);
  const isOutside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return isOutside ? path : inside.split(sep).join('/');
}

/** Words beside name, source, method and precision: operator types, artifact ids, kind of source. */
export function searchTags(version: NewVersion): string {
  const words = [
    version.source.kind,
    version.relation,
    ...operatorTypes(version.analysis),
    ...version.artifacts.map(({ id }) => id),
  ];
  return [...new Set(words)].join(' ');
}

function operatorTypes(analysis: JsonValue): string[] {
  if (typeof analysis !== 'object' || analysis === null || !('operators' in analysis)) return [];
  const { operators } = analysis;
  return typeof operators === 'object' && operators !== null ? Object.keys(operators) : [];
}
