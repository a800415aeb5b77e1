/** Options of a method against its schema and against the model. */
import type { z } from 'zod';
import { closest } from '../base/closest.ts';
import { type JsonValue, NimifyError } from '../base/errors.ts';
import { nodesBelow } from '../onnx/graph.ts';
import type { GraphProto } from '../onnx/proto.ts';

/** @throws NimifyError CONFIG_INVALID that lists every problem */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  options: Readonly<Record<string, JsonValue>>,
  method: string,
): z.infer<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => [...issue.path.map(String), issue.message].join(': '));
  throw new NimifyError('CONFIG_INVALID', `Options of ${method}: ${problems.join('; ')}.`, {
    hint: 'Run: nimify config explain quantization',
    details: { method, problems },
  });
}

/** @throws NimifyError CONFIG_INVALID when a name is no node of the graph or of one inside it; nodes must have names already */
export function checkExcluded(graph: GraphProto, excluded: readonly string[]): ReadonlySet<string> {
  const names = new Set([...nodesBelow(graph.node)].map((node) => node.name ?? ''));
  for (const name of excluded) {
    if (names.has(name)) continue;
    const near = closest(name, names);
    throw new NimifyError(
      'CONFIG_INVALID',
      `excludeNodes names ${JSON.stringify(name)}, which is no node of the model.`,
      {
        hint: near === undefined ? 'Node names are those that Netron shows.' : `Did you mean ${JSON.stringify(near)}?`,
        details: { node: name },
      },
    );
  }
  return new Set(excluded);
}
