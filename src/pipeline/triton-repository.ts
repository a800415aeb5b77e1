/** `nimify validate --triton-repo`: a Triton model repository that others wrote, against its models and Triton's rules. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { secretFindings } from '../artifacts/secrets.ts';
import { checkRepository, type Repository, type RepositoryModel } from '../artifacts/triton/repository.ts';
import { NimifyError, readError } from '../base/errors.ts';
import { distinct, type Finding, finding } from '../base/findings.ts';
import { opsetVersion } from '../onnx/graph.ts';
import { openModel } from '../onnx/open.ts';
import { realInputs, type TensorInfo, tensorInfo } from '../onnx/value-info.ts';
import { isVersion, versionsOf } from '../runtime/triton/versions.ts';
import type { Outcome, PipelineDeps, ValidateResult } from './requests.ts';
import { Steps } from './steps.ts';

const MAX_TEXT_BYTES = 8 << 20;

interface ReadModel {
  readonly model: RepositoryModel;
  readonly findings: readonly Finding[];
}

/** @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE, SERVICE_INVALID for a folder without models */
export async function validateRepository(
  request: { readonly folder: string },
  deps: PipelineDeps,
): Promise<Outcome<ValidateResult>> {
  const { folder } = request;
  const steps = new Steps(deps, [
    { id: 'read', title: 'Read the model repository' },
    { id: 'check', title: 'Check each model' },
  ]);
  const names = await modelNames(folder);
  const { read, repository } = await steps.run(
    'read',
    async () => {
      const read = await Promise.all(names.map((name) => readModel(folder, name)));
      const files = await readFiles(folder, names);
      const models = read.map(({ model }) => model);
      return { read, repository: { models, ...files, tritonTag: deps.config.service.tritonTag } satisfies Repository };
    },
    () => (names.length === 1 ? '1 model' : `${names.length} models`),
  );
  const { findings } = await steps.run('check', async () => checkRepository(repository));
  const checked = names.map((name) => ({
    artifact: name,
    files: [...repository.files.keys()].filter((file) => file.startsWith(`${name}/`)).sort(),
  }));
  const unreadable = read.flatMap((one) => one.findings);
  return {
    result: { checked },
    findings: distinct([...unreadable, ...findings, ...secretFindings(repository.files)]),
  };
}

async function modelNames(folder: string): Promise<string[]> {
  const names = (await entriesOf(folder)).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const held = await Promise.all(names.map(({ name }) => isModel(join(folder, name))));
  if (held.includes(true)) return names.map(({ name }) => name).sort();
  throw new NimifyError(
    'SERVICE_INVALID',
    `${folder} is not a model repository: no folder in it has a config.pbtxt or a version.`,
    {
      hint: 'Give the folder that tritonserver takes as --model-repository: NAME/config.pbtxt and NAME/1/model.onnx lie in it.',
      details: { folder },
    },
  );
}

async function isModel(folder: string): Promise<boolean> {
  const entries = await entriesOf(folder);
  return entries.some(({ name }) => name === 'config.pbtxt' || isVersion(name));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw readError(error, folder);
  });
}

async function readModel(folder: string, name: string): Promise<ReadModel> {
  const own = join(folder, name);
  const numbers = (await entriesOf(own))
    .filter((entry) => entry.isDirectory() && /^\d+$/.test(entry.name))
    .map((entry) => entry.name);
  const versions = new Map<string, readonly string[]>();
  for (const version of versionsOf(numbers)) versions.set(version, await filesBelow(join(own, version)));
  const ignored = numbers.filter((number) => !isVersion(number));
  const newest = [...versions].at(-1);
  const path = newest?.[1].find((file) => basename(file).endsWith('.onnx'));
  if (newest === undefined || path === undefined)
    return { model: { name, versions, ignored, onnx: null }, findings: [] };
  const where = `${name}/${newest[0]}/${path}`;
  const { onnx, findings } = readOnnx(join(folder, where), where);
  return { model: { name, versions, ignored, onnx }, findings };
}

function readOnnx(
  path: string,
  where: string,
): { readonly onnx: RepositoryModel['onnx']; readonly findings: Finding[] } {
  try {
    const { proto } = openModel(path);
    return {
      onnx: {
        inputs: realInputs(proto.graph).map(tensorInfo).map(toFacts),
        outputs: proto.graph.output.map(tensorInfo).map(toFacts),
        irVersion: proto.irVersion ?? 0,
        opset: opsetVersion(proto) ?? 0,
      },
      findings: [],
    };
  } catch (error) {
    if (!(error instanceof NimifyError)) throw error;
    const reason = error.message;
    return { onnx: null, findings: [finding('ARTIFACT_INVALID', { artifact: 'triton', file: where, reason }, where)] };
  }
}

/** Sequences and maps have no type here: Triton's TYPE_INVALID. */
function toFacts({ name, dataType, shape }: TensorInfo): NonNullable<RepositoryModel['onnx']>['inputs'][number] {
  return { name, dataType: dataType ?? 'sequence or map', shape: shape === null ? null : [...shape] };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/** Texts of configs, labels and the like; what lies in versions is the backend's. */
async function readFiles(folder: string, names: readonly string[]): Promise<Pick<Repository, 'files' | 'paths'>> {
  const files = new Map<string, string>();
  const paths = new Set<string>();
  for (const name of names) {
    for (const file of await filesBelow(join(folder, name))) {
      const path = `${name}/${file}`;
      if (isVersion(file.split('/')[0] as string)) continue;
      paths.add(path);
      const target = join(folder, path);
      const isText = /\.(pbtxt|txt|json|ya?ml|md|csv)$/.test(file) && (await lstat(target)).size <= MAX_TEXT_BYTES;
      if (isText) files.set(path, await readFile(target, 'utf8'));
    }
  }
  return { files, paths };
}
