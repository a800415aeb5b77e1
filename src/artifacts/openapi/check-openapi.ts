/** Judges openapi.json: paths, references, and tensors against the model. */
import { OPENAPI_FILE } from '../layout.ts';
import { at, listAt, type Problems, textAt } from '../problems.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { modelUrl } from './document.ts';
import { tensorSchema } from './schemas.ts';

export function checkOpenApi(document: unknown, facts: ServiceFacts, problems: Problems): void {
  if (!/^3\.1\.\d+$/.test(textAt(document, 'openapi')))
    problems.invalid(OPENAPI_FILE, 'is not an OpenAPI 3.1 document');
  if (textAt(document, 'info', 'title') === '' || textAt(document, 'info', 'version') === '') {
    problems.invalid(OPENAPI_FILE, 'has no info.title or info.version');
  }
  checkReferences(document, document, problems);
  const url = `${modelUrl(facts)}/infer`;
  const paths = Object.keys((at(document, 'paths') ?? {}) as object);
  if (!paths.includes(url)) problems.disagrees(OPENAPI_FILE, 'paths', paths, url);
  checkPorts(document, facts, problems);
  checkRole(document, ['InferRequest', 'inputs'], facts.model.inputs, facts, problems);
  checkRole(document, ['InferResponse', 'outputs'], facts.model.outputs, facts, problems);
}

function checkReferences(node: unknown, document: unknown, problems: Problems): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key !== '$ref' || typeof value !== 'string') checkReferences(value, document, problems);
    else if (value.startsWith('#/') && at(document, ...value.slice(2).split('/')) === undefined) {
      problems.invalid(OPENAPI_FILE, `refers to ${value}, which is not there`);
    }
  }
}

function checkPorts(document: unknown, facts: ServiceFacts, problems: Problems): void {
  const local = listAt(document, 'servers').map(
    (server) => /^http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/.exec(textAt(server, 'url'))?.[1],
  );
  for (const port of local.filter((found) => found !== undefined)) {
    problems.expect(OPENAPI_FILE, 'port in servers', Number(port), facts.serving.httpPort);
  }
}

function checkRole(
  document: unknown,
  [schema, list]: readonly [string, 'inputs' | 'outputs'],
  tensors: readonly TensorFacts[],
  facts: ServiceFacts,
  problems: Problems,
): void {
  const items = at(document, 'components', 'schemas', schema, 'properties', list, 'items');
  const given = at(items, 'oneOf') === undefined ? [items] : listAt(items, 'oneOf');
  const names = given.map((item) => at(item, 'properties', 'name', 'const') ?? null);
  problems.expect(
    OPENAPI_FILE,
    list,
    names,
    tensors.map(({ name }) => name),
  );
  for (const tensor of tensors) {
    const found = given.find((item) => at(item, 'properties', 'name', 'const') === tensor.name);
    if (found === undefined) continue;
    const expected = tensorSchema(tensor, facts);
    const [what, where] = [`datatype of ${tensor.name}`, ['properties', 'datatype', 'const']] as const;
    problems.expect(OPENAPI_FILE, what, at(found, ...where), textAt(expected, ...where));
    const shape = bounds(at(expected, 'properties', 'shape'));
    problems.expect(OPENAPI_FILE, `shape of ${tensor.name}`, bounds(at(found, 'properties', 'shape')), shape);
  }
}

/** The fixed sizes of a shape schema, null where a size is open; the order of keys does not matter. */
function bounds(shape: unknown): (number | null)[] {
  return listAt(shape, 'prefixItems').map((item) => {
    const size = at(item, 'const');
    return typeof size === 'number' ? size : null;
  });
}
