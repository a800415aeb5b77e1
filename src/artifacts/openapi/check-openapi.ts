/** Judges openapi.json: paths, references, ports, and tensors in schemas and examples against the model. */
import { LineCounter, parseDocument } from 'yaml';
import { OPENAPI_FILE, serverUrl } from '../layout.ts';
import { at, listAt, type Problems, textAt } from '../problems.ts';
import { servedTensors } from '../served-tensors.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import type { RequestTensor } from '../tensors.ts';
import { lineOfPath } from '../yaml-file.ts';
import { modelUrl, openApiDocument } from './document.ts';
import { metadataTensors } from './metadata.ts';
import { tensorSchema } from './schemas.ts';

type Path = readonly (string | number)[];

/** The document with the line of each of its places. */
export class ReadDocument {
  readonly #content: unknown;
  readonly #text: string;

  constructor(content: unknown, text: string) {
    this.#content = content;
    this.#text = text;
  }

  at(...path: Path): unknown {
    return at(this.#content, ...path);
  }

  text(...path: Path): string {
    return textAt(this.#content, ...path);
  }

  list(...path: Path): readonly unknown[] {
    return listAt(this.#content, ...path);
  }

  keys(...path: Path): string[] {
    const found = this.at(...path);
    return typeof found === 'object' && found !== null ? Object.keys(found) : [];
  }

  /** Line of the deepest part of the path that is there. Reads the text again, which only a problem is worth. */
  line(...path: Path): number {
    const lines = new LineCounter();
    return lineOfPath(parseDocument(this.#text, { lineCounter: lines }), lines, path) ?? 1;
  }
}

export function checkOpenApi(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  if (!/^3\.1\.\d+$/.test(document.text('openapi'))) {
    problems.invalid(OPENAPI_FILE, 'is not an OpenAPI 3.1 document', document.line('openapi'));
  }
  if (document.text('info', 'title') === '' || document.text('info', 'version') === '') {
    problems.invalid(OPENAPI_FILE, 'has no info.title or info.version', document.line('info'));
  }
  checkReferences([], document, problems);
  checkPaths(document, facts, problems);
  checkPorts(document, facts, problems);
  checkRole(document, ['InferRequest', 'inputs'], servedTensors(facts, 'inputs'), facts, problems);
  checkRole(document, ['InferResponse', 'outputs'], servedTensors(facts, 'outputs'), facts, problems);
  checkExamples(document, facts, problems);
  checkCommands(document, facts, problems);
}

function checkReferences(path: Path, document: ReadDocument, problems: Problems): void {
  for (const key of document.keys(...path)) {
    const value = document.at(...path, key);
    if (key !== '$ref' || typeof value !== 'string') checkReferences([...path, key], document, problems);
    else if (value.startsWith('#/') && document.at(...value.slice(2).split('/')) === undefined) {
      problems.invalid(OPENAPI_FILE, `refers to ${value}, which is not there`, document.line(...path, key));
    }
  }
}

/** Paths of one model that is not this one, and paths of this one that are gone; further paths are their author's own. */
function checkPaths(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  const paths = document.keys('paths');
  const url = `${modelUrl(facts)}/infer`;
  if (!paths.includes(url)) problems.disagrees(OPENAPI_FILE, 'paths', paths, url, document.line('paths'));
  const ids = new Map<string, string>();
  for (const path of paths) {
    for (const method of document.keys('paths', path)) {
      const id = document.text('paths', path, method, 'operationId');
      if (id !== '' && ids.has(id)) {
        const line = document.line('paths', path, method, 'operationId');
        problems.invalid(OPENAPI_FILE, `uses the operationId ${id} for ${ids.get(id)} and for ${path}`, line);
      }
      ids.set(id, path);
    }
  }
}

/** Each server on this machine, of the whole document or of one path, against the one that is generated there. */
function checkPorts(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  const own = openApiDocument(facts);
  const places: Path[] = [['servers'], ...document.keys('paths').map((path) => ['paths', path, 'servers'])];
  for (const place of places) {
    const expected = portOf(textAt(own, ...place, 0, 'url')) ?? facts.serving.httpPort;
    for (const [index, server] of document.list(...place).entries()) {
      const port = portOf(textAt(server, 'url'));
      if (port === undefined || port === expected) continue;
      problems.disagrees(OPENAPI_FILE, 'port in servers', port, expected, document.line(...place, index, 'url'));
    }
  }
}

function portOf(url: string): number | undefined {
  const port = /^http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/.exec(url)?.[1];
  return port === undefined ? undefined : Number(port);
}

function checkRole(
  document: ReadDocument,
  [schema, list]: readonly [string, 'inputs' | 'outputs'],
  tensors: readonly TensorFacts[],
  facts: ServiceFacts,
  problems: Problems,
): void {
  const items: Path = ['components', 'schemas', schema, 'properties', list, 'items'];
  const places = document.at(...items, 'oneOf') === undefined ? [items] : branches(document, items);
  const names = places.map((place) => document.at(...place, 'properties', 'name', 'const') ?? null);
  const expected = tensors.map(({ name }) => name);
  if (JSON.stringify(names) !== JSON.stringify(expected)) {
    const wrong = names.findIndex((name, index) => name !== expected[index]);
    const line = document.line(...(places[wrong] ?? items), 'properties', 'name', 'const');
    problems.expect(OPENAPI_FILE, list, names, expected, line);
  }
  for (const tensor of tensors) {
    const place = places[names.indexOf(tensor.name)];
    if (place !== undefined) checkTensor(document, [...place, 'properties'], tensor, facts, problems);
  }
}

function branches(document: ReadDocument, items: Path): Path[] {
  return document.list(...items, 'oneOf').map((_, index) => [...items, 'oneOf', index]);
}

function checkTensor(
  document: ReadDocument,
  place: Path,
  tensor: TensorFacts,
  facts: ServiceFacts,
  problems: Problems,
): void {
  const expected = at(tensorSchema(tensor, facts), 'properties');
  const type = textAt(expected, 'datatype', 'const');
  const found = document.at(...place, 'datatype', 'const');
  if (found !== type) {
    const line = document.line(...place, 'datatype', 'const');
    problems.expect(OPENAPI_FILE, `datatype of ${tensor.name}`, found, type, line);
  }
  const [given, shape] = [bounds(document.at(...place, 'shape')), bounds(at(expected, 'shape'))];
  if (JSON.stringify(given) === JSON.stringify(shape)) return;
  const axis = shape.findIndex((size, index) => size !== given[index]);
  const line = document.line(...place, 'shape', 'prefixItems', Math.max(0, axis), 'const');
  problems.expect(OPENAPI_FILE, `shape of ${tensor.name}`, given, shape, line);
}

/** The fixed sizes of a shape schema, null where a size is open; the order of keys does not matter. */
function bounds(shape: unknown): (number | null)[] {
  return listAt(shape, 'prefixItems').map((item) => {
    const size = at(item, 'const');
    return typeof size === 'number' ? size : null;
  });
}

/** People copy examples before they read schemas. */
function checkExamples(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  checkMetadata(document, facts, problems);
  const content: Path = ['paths', `${modelUrl(facts)}/infer`, 'post', 'requestBody', 'content'];
  for (const type of document.keys(...content)) {
    for (const name of document.keys(...content, type, 'examples')) {
      const place: Path = [...content, type, 'examples', name, 'value', 'inputs'];
      for (const [index, input] of document.list(...place).entries()) {
        checkExample(document, [...place, index], input, facts, problems);
      }
    }
  }
}

/** What the server will say about the model, tensor by tensor. */
function checkMetadata(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  const media: Path = ['paths', modelUrl(facts), 'get', 'responses', '200', 'content', 'application/json'];
  const place: Path = [...media, 'examples', 'model', 'value'];
  if (document.at(...place) === undefined) return;
  for (const [role, tensors] of Object.entries(metadataTensors(facts))) {
    const given = document.list(...place, role).map(plainTensor);
    const wrong = tensors.findIndex((tensor, index) => JSON.stringify(tensor) !== JSON.stringify(given[index]));
    if (wrong < 0 && given.length === tensors.length) continue;
    const [own, theirs] = [tensors[wrong], given[wrong]];
    const field = own?.name !== theirs?.name ? 'name' : own?.datatype !== theirs?.datatype ? 'datatype' : 'shape';
    const line = document.line(...place, role, Math.max(0, wrong), field);
    problems.disagrees(OPENAPI_FILE, `${role} in the example of metadata`, given, [...tensors], line);
  }
}

/** Without whatever else the example has, in one order of keys. */
function plainTensor(tensor: unknown): RequestTensor {
  const shape = listAt(tensor, 'shape').map(Number);
  return { name: textAt(tensor, 'name'), datatype: textAt(tensor, 'datatype'), shape };
}

function checkExample(
  document: ReadDocument,
  place: Path,
  input: unknown,
  facts: ServiceFacts,
  problems: Problems,
): void {
  const name = textAt(input, 'name');
  const tensor = servedTensors(facts, 'inputs').find((candidate) => candidate.name === name);
  if (tensor === undefined) {
    const expected = servedTensors(facts, 'inputs').map((candidate) => candidate.name);
    problems.disagrees(OPENAPI_FILE, 'input of an example', name, expected, document.line(...place, 'name'));
    return;
  }
  const schema = at(tensorSchema(tensor, facts), 'properties');
  const type = textAt(schema, 'datatype', 'const');
  const found = textAt(input, 'datatype');
  if (found !== type) {
    const line = document.line(...place, 'datatype');
    problems.disagrees(OPENAPI_FILE, `datatype of ${name} in an example`, found, type, line);
  }
  const sizes = bounds(at(schema, 'shape'));
  const shape = listAt(input, 'shape');
  const fits = shape.length === sizes.length && sizes.every((size, axis) => size === null || size === shape[axis]);
  if (fits || tensor.shape === null) return;
  const axis = sizes.findIndex((size, index) => size !== null && size !== shape[index]);
  const line = document.line(...place, 'shape', Math.max(0, axis));
  problems.disagrees(OPENAPI_FILE, `shape of ${name} in an example`, [...shape] as number[], sizes, line);
}

/** Commands in the document send to the address of the service. */
function checkCommands(document: ReadDocument, facts: ServiceFacts, problems: Problems): void {
  const samples: Path = ['paths', `${modelUrl(facts)}/infer`, 'post', 'x-codeSamples'];
  for (const index of document.list(...samples).keys()) {
    const place: Path = [...samples, index, 'source'];
    const url = /http:\/\/[^\s'"]+/.exec(document.text(...place))?.[0];
    const expected = `${serverUrl(facts)}${modelUrl(facts)}/infer`;
    if (url === undefined || url === expected) continue;
    problems.disagrees(OPENAPI_FILE, 'address in a command', url, expected, document.line(...place));
  }
}
