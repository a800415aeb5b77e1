/**
 * JSON Schemas of Kubernetes objects for `kubeconform -strict`, out of packages that registries carry:
 *
 *   node test/setup/kubernetes-schemas.mjs FOLDER
 *
 * The objects of Kubernetes come from its OpenAPI document, those of operators from the CRDs in their Go modules, and
 * those of KServe (whose Go module the proxy refuses) from the classes of its Python package. A key that no schema
 * names is an error, everywhere. The files are called as kubeconform's {{.ResourceKind}}{{.KindSuffix}}.json asks.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const KUBERNETES = 'k8s.io/kubernetes@v1.36.3';
const CRDS = [
  ['github.com/prometheus-operator/prometheus-operator@v0.85.0', 'example/prometheus-operator-crd'],
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases'],
  ['sigs.k8s.io/gateway-api@v1.6.3', 'config/crd/standard'],
];
const KSERVE = 'kserve==0.21.0';
/** One that has pip. */
const PYTHON = process.env.PYTHON ?? 'python3';

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const TEXT_OR_NUMBER = { anyOf: [{ type: 'string' }, { type: 'number' }] };
const DEFINITION = '#/definitions/';

/** Folder of a Go module, fetched by the ordinary client. */
function goModule(name) {
  const options = { cwd: tmpdir(), encoding: 'utf8', env: { ...process.env, GOFLAGS: '-mod=mod' } };
  return JSON.parse(execFileSync('go', ['mod', 'download', '-json', name], options)).Dir;
}

/** A schema without words, in which an object takes only the keys that it lists. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') return TEXT_OR_NUMBER;
  const kept = {};
  for (const [key, value] of Object.entries(schema)) {
    if (['description', 'default', 'format', 'nullable', 'example'].includes(key) || key.startsWith('x-')) continue;
    kept[key] = key === 'properties' ? mapValues(value, strict) : key === 'enum' ? value : strict(value);
  }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || kept.additionalProperties !== undefined;
  if (kept.properties !== undefined && !isOpen) kept.additionalProperties = false;
  if (schema.nullable === true && typeof kept.type === 'string') kept.type = [kept.type, 'null'];
  return kept;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** The definitions that a schema leads to, itself included. */
function reached(name, definitions, found = {}) {
  if (name in found) return found;
  if (definitions[name] === undefined) throw new Error(`${name} is not defined`);
  found[name] = definitions[name];
  for (const [, next] of JSON.stringify(definitions[name]).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
    reached(next, definitions, found);
  }
  return found;
}

function readKubernetes() {
  const file = join(goModule(KUBERNETES), 'api/openapi-spec/swagger.json');
  const { definitions: raw } = JSON.parse(readFileSync(file, 'utf8'));
  const kinds = Object.entries(raw).flatMap(([name, definition]) => {
    const [only, ...others] = definition['x-kubernetes-group-version-kind'] ?? [];
    return only === undefined || others.length > 0 ? [] : [{ name, ...only }];
  });
  return { definitions: { ...mapValues(raw, strict), [QUANTITY]: TEXT_OR_NUMBER }, kinds };
}

/** group, version, kind and schema with its own definitions of everything that Kubernetes itself has. */
function* builtIn({ definitions, kinds }) {
  for (const { name, group, version, kind } of kinds) {
    const schema = structuredClone(definitions[name]);
    yield { group, version, kind, schema: { ...schema, definitions: reached(name, definitions) } };
  }
}

function readYaml(file) {
  return file.endsWith('.yaml') ? parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS()) : [];
}

function* customResources({ definitions }) {
  const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
  for (const [module, below] of CRDS) {
    const folder = join(goModule(module), below);
    for (const crd of readdirSync(folder).flatMap((file) => readYaml(join(folder, file)))) {
      if (crd?.kind !== 'CustomResourceDefinition') continue;
      for (const { name: version, schema } of crd.spec.versions) {
        const checked = strict(schema.openAPIV3Schema);
        checked.properties.metadata = { $ref: DEFINITION + meta };
        const whole = { ...checked, definitions: reached(meta, definitions) };
        yield { group: crd.spec.group, version, kind: crd.spec.names.kind, schema: whole };
      }
    }
  }
}

/** `{ 'a': 'b', … }` of a generated Python class. */
function pythonTable(text, name) {
  const [, body = ''] = new RegExp(`^ {4}${name} = \\{([^}]*)\\}`, 'm').exec(text) ?? [];
  return [...body.matchAll(/'([^']+)': '([^']+)'/g)].map(([, key, value]) => [key, value]);
}

const PYTHON_TYPES = {
  int: { type: 'integer' },
  float: { type: 'number' },
  bool: { type: 'boolean' },
  str: { type: 'string' },
  datetime: { type: 'string' },
  object: {},
  IntstrIntOrString: TEXT_OR_NUMBER,
};
const PLACES = ['api.core', 'apimachinery.pkg.apis.meta', 'api.apps', 'api.autoscaling', 'api.networking'];

function pythonType(type, { classes, definitions }) {
  const inner = (text) => pythonType(text, { classes, definitions });
  const [, item] = /^list\[(.*)\]$/.exec(type) ?? [];
  if (item !== undefined) return { type: 'array', items: inner(item) };
  const [, value] = /^dict\(str, (.*)\)$/.exec(type) ?? [];
  if (value !== undefined) return { type: 'object', additionalProperties: inner(value) };
  if (type in PYTHON_TYPES) return PYTHON_TYPES[type];
  if (/Quantity$/.test(type)) return TEXT_OR_NUMBER;
  if (classes.has(type)) return { $ref: DEFINITION + type };
  const bare = type.replace(/^(K8sIo\w*?)?V(\d+)/, 'V$2');
  const [, version, kind] = /^V(\d+)(\w+)$/.exec(bare) ?? [];
  const known = PLACES.map((place) => `io.k8s.${place}.v${version}.${kind}`).find((name) => name in definitions);
  // Parts of Knative and KEDA that a service does not use are taken as they come.
  return known === undefined ? {} : { $ref: DEFINITION + known };
}

function* kserve({ definitions }) {
  const folder = mkdtempSync(join(tmpdir(), 'kserve-'));
  try {
    execFileSync(PYTHON, [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--dest',
      folder,
      KSERVE,
    ]);
    const [wheel] = readdirSync(folder);
    const classes = readClasses(join(folder, wheel), folder);
    const own = {};
    for (const [name, text] of classes) own[name] = classSchema(text, { classes, definitions });
    const all = { ...definitions, ...own };
    const top = structuredClone(own.V1beta1InferenceService);
    const schema = { ...top, definitions: reached('V1beta1InferenceService', all) };
    yield { group: 'serving.kserve.io', version: 'v1beta1', kind: 'InferenceService', schema };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readClasses(wheel, folder) {
  execFileSync(PYTHON, ['-m', 'zipfile', '-e', wheel, folder]);
  const models = join(folder, 'kserve/models');
  const texts = readdirSync(models)
    .filter((name) => name.endsWith('.py'))
    .map((name) => readFileSync(join(models, name), 'utf8'));
  return new Map(
    texts.flatMap((text) => [...text.matchAll(/^class (\w+)\(object\)/gm)].map(([, name]) => [name, text])),
  );
}

function classSchema(text, world) {
  const jsonNames = Object.fromEntries(pythonTable(text, 'attribute_map'));
  const types = pythonTable(text, 'openapi_types');
  const properties = types.map(([name, type]) => [jsonNames[name], pythonType(type, world)]);
  // Set without asking whether it is there: the generator's mark of what has to be.
  const required = types
    .map(([name]) => name)
    .filter((name) => new RegExp(`^ {8}self\\.${name} = ${name}$`, 'm').test(text))
    .filter((name) => !new RegExp(`self\\._${name} = ${name}\\n[^]*if ${name} is not None`).test(text))
    .map((name) => jsonNames[name]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function fileName(group, version, kind) {
  const [first] = group.split('.');
  return `${[kind, ...(group === '' ? [] : [first]), version].join('-').toLowerCase()}.json`;
}

function main(target) {
  const world = readKubernetes();
  const made = `${target}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  for (const source of [builtIn, customResources, kserve]) {
    for (const { group, version, kind, schema } of source(world)) {
      const properties = {
        ...schema.properties,
        apiVersion: { enum: [group === '' ? version : `${group}/${version}`] },
        kind: { enum: [kind] },
      };
      const whole = { ...schema, $schema: 'http://json-schema.org/draft-07/schema#', properties };
      writeFileSync(join(made, fileName(group, version, kind)), JSON.stringify(whole));
    }
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(made, target);
}

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('usage: kubernetes-schemas.mjs FOLDER');
main(folder);
