/** Finds the models of a service folder, of a Triton model repository, of one model folder, or of one .onnx file. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NimifyError, readError } from '../base/errors.ts';
import { versionsOf } from '../runtime/triton/versions.ts';
import { readModelConfig } from './model-config.ts';
import type { ServedModel } from './served-model.ts';

const BACKENDS = ['onnxruntime', 'onnxruntime_onnx'];
const LAYOUT = 'models/<name>/<version>/model.onnx, <name>/<version>/model.onnx or one .onnx file';

/**
 * The models below `path`, sorted by name, each in its newest version (Triton's default policy). A single file is
 * version 1 of a model named after it. Models without config.pbtxt get max_batch_size 0. Ensembles are passed over.
 * @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE, SERVICE_INVALID
 */
export async function readRepository(path: string): Promise<ServedModel[]> {
  const stats = await statOf(path);
  if (!stats.isDirectory()) {
    return [{ name: basename(path).replace(/\.onnx$/i, ''), version: '1', path, maxBatchSize: 0 }];
  }
  const entries = await foldersOf(path);
  if (newestVersion(entries) !== undefined) return [await readModel(path)];
  const root = entries.includes('models') ? join(path, 'models') : path;
  const names = root === path ? entries : await foldersOf(root);
  const found = await Promise.all(names.map((name) => hasVersions(join(root, name))));
  if (!found.includes(true)) {
    throw unusable(path, `${path} holds no model: expected ${LAYOUT}.`);
  }
  const folders = names.sort().map((name) => join(root, name));
  const passedOver = await Promise.all(folders.map(isEnsemble));
  const members = folders.filter((_, index) => !passedOver[index]);
  return Promise.all((members.length > 0 ? members : folders).map(readModel));
}

/** Only Triton joins models into one: its members are served here, each under its own name. */
async function isEnsemble(folder: string): Promise<boolean> {
  return (await readModelConfig(join(folder, 'config.pbtxt'))).backend === 'ensemble';
}

async function readModel(folder: string): Promise<ServedModel> {
  const name = basename(folder);
  const config = await readModelConfig(join(folder, 'config.pbtxt'));
  if (config.name !== undefined && config.name !== name) {
    throw unusable(folder, `${folder}/config.pbtxt names the model ${config.name}, but its folder is named ${name}.`);
  }
  if (config.backend !== undefined && !BACKENDS.includes(config.backend)) {
    throw unusable(
      folder,
      `${folder}/config.pbtxt asks for the backend ${config.backend}; only onnxruntime runs here.`,
    );
  }
  const version = newestVersion(await foldersOf(folder));
  if (version === undefined) throw unusable(folder, `${folder} has no version folder such as ${folder}/1.`);
  const { maxBatchSize, latencyBucketsMs } = config;
  return {
    name,
    version,
    path: await modelFile(join(folder, version, config.modelFile)),
    maxBatchSize,
    ...(latencyBucketsMs === undefined ? {} : { latencyBucketsMs }),
  };
}

/** With external data, Triton takes a folder named like the file, with the file in it. */
async function modelFile(path: string): Promise<string> {
  return (await statOf(path)).isDirectory() ? join(path, basename(path)) : path;
}

async function hasVersions(folder: string): Promise<boolean> {
  return newestVersion(await foldersOf(folder)) !== undefined;
}

function newestVersion(names: readonly string[]): string | undefined {
  return versionsOf(names).at(-1);
}

async function foldersOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    throw readError(error, path);
  });
  const folders = await Promise.all(
    entries
      .filter((entry) => !entry.name.startsWith('.'))
      .map(async (entry) => ({
        name: entry.name,
        isFolder: entry.isDirectory() || (await isLinkedFolder(path, entry)),
      })),
  );
  return folders.filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** Kubernetes mounts volumes through links. */
async function isLinkedFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  const stats = await stat(join(path, entry.name)).catch(() => undefined);
  return stats?.isDirectory() ?? false;
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw readError(error, path);
  });
}

function unusable(path: string, message: string): NimifyError {
  return new NimifyError('SERVICE_INVALID', message, {
    hint: `Give a folder that nimify create made, or lay the models out as ${LAYOUT}.`,
    details: { path },
  });
}
