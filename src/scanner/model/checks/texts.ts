/** Names, descriptions and metadata: oversized, invisible, or code. */
import type { StringStringEntryProto } from '../../../onnx/proto.ts';
import { codeIn, hiddenCharacters } from '../../text.ts';
import type { ModelCheck, ModelContext } from '../check.ts';
import type { Place } from '../walk.ts';

/** Characters of a name; exporters join module paths, which stay below 1 000. */
const MAX_NAME = 16 << 10;
/** Characters of a description or a metadata value; PyTorch writes stack traces of some kilobytes. */
const MAX_TEXT = 4 << 20;
/** Read by ONNX Runtime as session options when ORT_LOAD_CONFIG_FROM_MODEL=1. */
const RUNTIME_OPTIONS_KEY = 'ort_config';

export const texts: ModelCheck = {
  rules: ['string-oversized', 'hidden-unicode-name', 'metadata-suspicious'],
  visit: (context) => ({
    graph(graph, place) {
      checkName(context, 'The graph', graph.name, place);
      checkLength(context, 'The description of the graph', graph.docString, MAX_TEXT, place);
      for (const { name } of [...graph.input, ...graph.output]) checkName(context, 'The input or output', name, place);
      checkMetadata(context, graph.metadataProps, place);
    },
    fn(fn, place) {
      checkName(context, 'The function', fn.name, place);
      checkName(context, 'The domain', fn.domain, place);
      checkMetadata(context, fn.metadataProps, place);
    },
    node(node, place) {
      checkName(context, 'The node', node.name, place);
      checkName(context, 'The operator', node.opType, place);
      checkName(context, 'The domain', node.domain, place);
      for (const name of node.output) checkName(context, 'The value', name, place);
      checkLength(context, 'The description of a node', node.docString, MAX_TEXT, place);
      checkMetadata(context, node.metadataProps, place);
    },
    tensor(tensor, place) {
      checkName(context, 'The tensor', tensor.name, place);
      checkLength(context, 'The description of a tensor', tensor.docString, MAX_TEXT, place);
      checkMetadata(context, tensor.metadataProps, place);
    },
    end() {
      const { proto } = context.model;
      checkName(context, 'The producer', proto.producerName, NOWHERE);
      checkLength(context, 'The description of the model', proto.docString, MAX_TEXT, NOWHERE);
      checkMetadata(context, proto.metadataProps, NOWHERE);
    },
  }),
};

/** PyTorch and onnxscript keep the lines of Python there that a node was made from. */
const SOURCE_KEYS = /^(pkg\.)?(torch|onnxscript)\./;

const NOWHERE: Place = { step: '' };

function checkName(context: ModelContext, what: string, name: string | undefined, place: Place): void {
  if (name === undefined || name === '') return;
  checkLength(context, what, name, MAX_NAME, place);
  const characters = hiddenCharacters(name.slice(0, MAX_NAME));
  if (characters === undefined) return;
  context.report('hidden-unicode-name', { what, name: escaped(name.slice(0, 100)), characters }, place);
}

/** JSON escapes control characters only; here everything outside of plain ASCII that is hidden shows its number. */
function escaped(name: string): string {
  return JSON.stringify(name).replaceAll(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => {
      return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}

function checkLength(context: ModelContext, what: string, text: string | undefined, max: number, place: Place): void {
  if (text === undefined || text.length <= max) return;
  context.report('string-oversized', { what, length: text.length }, place);
}

function checkMetadata(context: ModelContext, entries: readonly StringStringEntryProto[], place: Place): void {
  for (const { key = '', value = '' } of entries) {
    checkName(context, 'The metadata key', key, place);
    checkLength(context, `The metadata ${key}`, value, MAX_TEXT, place);
    if (SOURCE_KEYS.test(key)) continue;
    const what = key === RUNTIME_OPTIONS_KEY ? 'session options of ONNX Runtime' : codeIn(value);
    if (what !== undefined) context.report('metadata-suspicious', { key, what }, place);
  }
}
