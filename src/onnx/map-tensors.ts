/** Replaces tensors wherever a model keeps them; what holds none that changed is shared with the given model. */
import type { Message, ModelProto, TensorProto } from './proto.ts';
import { type Field, type MessageName, SCHEMA } from './schema.ts';

/** Fields through which a message leads to tensors, by message. */
const WAYS = waysToTensors();

/** The same model with `change` applied to each tensor; a tensor that comes back as it is costs no copy. */
export function mapTensors<M extends ModelProto>(model: M, change: (tensor: TensorProto) => TensorProto): M {
  return mapMessage('ModelProto', model, change);
}

function mapMessage<M extends Message>(name: MessageName, message: M, change: (tensor: TensorProto) => TensorProto): M {
  if (name === 'TensorProto') return change(message as unknown as TensorProto) as unknown as M;
  let result: M | undefined;
  for (const field of WAYS.get(name) ?? []) {
    const before = message[field.name as keyof M] as Message | Message[] | undefined;
    if (before === undefined) continue;
    const after = Array.isArray(before)
      ? mapList(field.message as MessageName, before, change)
      : mapMessage(field.message as MessageName, before, change);
    if (after !== before) result = { ...(result ?? message), [field.name]: after };
  }
  return result ?? message;
}

function mapList(name: MessageName, list: Message[], change: (tensor: TensorProto) => TensorProto): Message[] {
  let isChanged = false;
  const result = list.map((item) => {
    const mapped = mapMessage(name, item, change);
    isChanged ||= mapped !== item;
    return mapped;
  });
  return isChanged ? result : list;
}

/** Read off the schema, so that a new place of tensors needs no second entry. */
function waysToTensors(): ReadonlyMap<MessageName, readonly Field[]> {
  const leads = new Set<MessageName>(['TensorProto']);
  const isWay = (field: Field): boolean => field.message !== undefined && leads.has(field.message);
  const names = Object.keys(SCHEMA) as MessageName[];
  for (let before = -1; before !== leads.size; ) {
    before = leads.size;
    for (const name of names) if ((SCHEMA[name] as readonly Field[]).some(isWay)) leads.add(name);
  }
  return new Map(names.map((name) => [name, (SCHEMA[name] as readonly Field[]).filter(isWay)]));
}
