/**
 * Reads the operations of a pickle one by one and lists the names that it imports. Nothing is built and nothing runs:
 * a tripwire, which a determined attacker may still step over.
 */
import { type ByteSource, latin1, littleEndian, PartSource, utf8 } from '../source.ts';
import { OPERATIONS, type Operation } from './opcodes.ts';
import { OPAQUE, PickleStack } from './stack.ts';

interface ImportedGlobal {
  readonly module: string;
  readonly name: string;
  /** Of the operation that imports it. */
  readonly offset: number;
}

export interface PickleWalk {
  readonly globals: readonly ImportedGlobal[];
  /** Something is called: a function, a constructor or __setstate__. */
  readonly hasCalls: boolean;
  /** Why the pickle cannot be judged, as a predicate such as "ends in the middle of an operation". */
  readonly problem: string | undefined;
  /** Behind the STOP, or where the walk gave up. */
  readonly end: number;
}

/** Longest line of a text protocol; a name of a global is far shorter. */
const MAX_LINE = 1 << 20;
/** Texts that may be names or hold a pickle of protocol 0. */
const MAX_NESTED_TEXT = 64 << 10;
const MAX_NESTING = 4;
/** Reading a name back from the file costs as much as so many other operations. */
const IMPORT_COST = 200;
/** Different names; the sum of what real checkpoints import stays below 100. */
const MAX_GLOBALS = 10_000;

export interface PickleBudget {
  /** Counted down by every walk that shares it. */
  operations: number;
}

export function walkPickle(source: ByteSource, budget: PickleBudget, start = 0, nesting = 0): PickleWalk {
  return new PickleWalker(source, budget, nesting).walk(start);
}

class PickleWalker {
  readonly #source: ByteSource;
  readonly #budget: PickleBudget;
  readonly #nesting: number;
  readonly #stack = new PickleStack();
  readonly #globals = new Map<string, ImportedGlobal>();
  #position = 0;
  #hasCalls = false;
  #problem: string | undefined;

  constructor(source: ByteSource, budget: PickleBudget, nesting: number) {
    this.#source = source;
    this.#budget = budget;
    this.#nesting = nesting;
  }

  walk(start: number): PickleWalk {
    this.#position = start;
    while (this.#problem === undefined && this.#step()) {
      // One operation after the other, until STOP.
    }
    const globals = [...this.#globals.values()];
    return { globals, hasCalls: this.#hasCalls, problem: this.#problem, end: this.#position };
  }

  /** False behind STOP. */
  #step(): boolean {
    const at = this.#position;
    const code = this.#source.byte(at);
    const operation = OPERATIONS[code];
    this.#budget.operations -= 1;
    if (code < 0) return this.#fail('ends without a STOP');
    if (operation === undefined) return this.#fail(`has the unknown operation 0x${code.toString(16)} at byte ${at}`);
    if (this.#budget.operations < 0) return this.#fail('has more operations than are looked at without --deep');
    const argument = this.#argument(operation, at + 1);
    if (argument === undefined) return false;
    if (argument.end > this.#source.sizeBytes) return this.#fail('ends in the middle of an operation');
    this.#position = argument.end;
    this.#hasCalls ||= CALLING.has(operation.name);
    return this.#apply(operation, at, argument);
  }

  #fail(problem: string): false {
    this.#problem ??= problem;
    return false;
  }

  /** Where the payload of the operation lies; undefined after a failure. */
  #argument({ argument }: Operation, at: number): Span | undefined {
    switch (argument) {
      case 'none':
        return { start: at, end: at };
      case 'line':
        return this.#line(at);
      case 'two-lines': {
        const first = this.#line(at);
        const second = first === undefined ? undefined : this.#line(first.end);
        return second === undefined ? undefined : { start: at, end: second.end };
      }
      case 'bytes1':
      case 'bytes4':
      case 'bytes8': {
        const width = Number(argument.slice(5)) as 1 | 4 | 8;
        const length = littleEndian(this.#source, at, width);
        return { start: at + width, end: at + width + length };
      }
      default:
        return { start: at, end: at + WIDTHS[argument] };
    }
  }

  #line(start: number): Span | undefined {
    const stop = Math.min(start + MAX_LINE, this.#source.sizeBytes);
    for (let at = start; at < stop; at += 1) if (this.#source.byte(at) === 0x0a) return { start, end: at + 1 };
    this.#fail(stop === this.#source.sizeBytes ? 'ends in the middle of an operation' : 'has a line without an end');
    return undefined;
  }

  #apply(operation: Operation, at: number, span: Span): boolean {
    const stack = this.#stack;
    switch (operation.effect) {
      case 'stop':
        return stack.pop() === undefined ? this.#fail('stops with an empty stack') : false;
      case 'mark':
        return stack.mark() || this.#fail('keeps more values than any real one');
      case 'to-mark':
        if (!stack.popToMark()) return this.#fail(`has ${operation.name} without a mark at byte ${at}`);
        return this.#put(operation.puts);
      case 'duplicate':
        return this.#push(stack.top());
      case 'text':
        this.#lookInto(span, operation);
        return this.#push(at);
      case 'put':
      case 'memoize':
        return this.#memoize(operation, span);
      case 'get':
        return this.#push(stack.get(this.#index(operation, span)));
      case 'global':
      case 'instance':
        return this.#importNamed(operation, at, span);
      case 'stack-global':
        return this.#importFromStack(at);
      case 'extension':
        return this.#fail(`imports by a number of the extension registry at byte ${at}`);
      default:
        return this.#plain(operation, at);
    }
  }

  #plain(operation: Operation, at: number): boolean {
    if (operation.name === 'POP' && this.#stack.popMark()) return true;
    for (let taken = 0; taken < operation.takes; taken += 1) {
      if (this.#stack.pop() === undefined) {
        return this.#fail(`has ${operation.name} without enough values at byte ${at}`);
      }
    }
    return this.#put(operation.puts);
  }

  #put(count: number): boolean {
    return count === 0 || this.#push(OPAQUE);
  }

  #push(value: number | undefined): boolean {
    if (value === undefined) return this.#fail('takes from an empty stack');
    return this.#stack.push(value) || this.#fail('keeps more values than any real one');
  }

  #memoize(operation: Operation, span: Span): boolean {
    const value = this.#stack.top();
    if (value === undefined) return this.#fail('takes from an empty stack');
    if (operation.effect === 'put') this.#stack.put(this.#index(operation, span), value);
    else if (!this.#stack.memoize(value)) return this.#fail('numbers its memo in two ways');
    return true;
  }

  #index({ argument }: Operation, { start, end }: Span): number {
    if (argument === 'line') return Number(this.#ascii(start, end - 1)) || 0;
    return littleEndian(this.#source, start, argument === 'u8' ? 1 : 4);
  }

  #importNamed(operation: Operation, at: number, { start, end }: Span): boolean {
    if (operation.effect === 'instance' && !this.#stack.popToMark()) {
      return this.#fail(`has ${operation.name} without a mark at byte ${at}`);
    }
    const [module = '', name = ''] = this.#ascii(start, end - 1).split('\n');
    return this.#import(module, name, at) && this.#push(OPAQUE);
  }

  #importFromStack(at: number): boolean {
    this.#budget.operations -= IMPORT_COST;
    const name = this.#textOf(this.#stack.pop());
    const module = this.#textOf(this.#stack.pop());
    if (name === undefined || module === undefined) {
      return this.#fail(`imports a name that is not written in it plainly, at byte ${at}`);
    }
    return this.#import(module, name, at) && this.#push(OPAQUE);
  }

  #import(module: string, name: string, offset: number): boolean {
    const key = `${module}\n${name}`;
    if (!this.#globals.has(key)) this.#globals.set(key, { module, name, offset });
    return this.#globals.size <= MAX_GLOBALS || this.#fail('imports more names than any real one');
  }

  /** The text that an operation at this position puts on the stack; undefined where it is none or too long for a name. */
  #textOf(position: number | undefined): string | undefined {
    if (position === undefined || position === OPAQUE) return undefined;
    const operation = OPERATIONS[this.#source.byte(position)];
    const span = operation && this.#argument(operation, position + 1);
    if (operation === undefined || span === undefined || span.end - span.start > 4096) return undefined;
    if (operation.name === 'STRING') return this.#ascii(span.start, span.end - 1).replace(/^(['"])(.*)\1\s*$/s, '$2');
    if (operation.argument === 'line') return this.#ascii(span.start, span.end - 1);
    return utf8(this.#source.read(span.start, span.end - span.start));
  }

  #ascii(start: number, end: number): string {
    return utf8(this.#source.read(start, Math.min(end - start, 4096)));
  }

  /** A text or bytes that are a pickle themselves: what they import counts too. */
  #lookInto(span: Span, operation: Operation): void {
    const length = (operation.argument === 'line' ? span.end - 1 : span.end) - span.start;
    if (length < 4 || this.#nesting >= MAX_NESTING || span.end > this.#source.sizeBytes) return;
    const first = this.#source.byte(span.start);
    const isBinary = first === 0x80 && this.#source.byte(span.start + 1) <= 5;
    const isText = (first === 0x63 || first === 0x28) && length <= MAX_NESTED_TEXT;
    if (!isBinary && !isText) return;
    const inner = walkPickle(new PartSource(this.#source, span.start, length), this.#budget, 0, this.#nesting + 1);
    if (!isBinary && inner.problem !== undefined) return;
    for (const { module, name, offset } of inner.globals) this.#import(module, name, span.start + offset);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const CALLING: ReadonlySet<string> = new Set(['REDUCE', 'INST', 'OBJ', 'NEWOBJ', 'NEWOBJ_EX', 'BUILD']);

const WIDTHS = { u8: 1, u16: 2, i32: 4, u64: 8, f64: 8 } as const;

/** True for the first bytes of a pickle of protocol 2 or newer, which begin with the number of the protocol. */
export function beginsLikePickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && (head[1] ?? 99) <= 5 && OPERATIONS[head[2] ?? 0] !== undefined;
}

/** True for what may be a pickle of protocol 0 or 1: they have no signature, only a likely beginning. */
export function maybeTextPickle(head: Uint8Array): boolean {
  const text = latin1(head.subarray(0, 200));
  return /^[(\]}]*c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n/.test(text) || /^[(\]}lpd0-9\n]*\(?[SVIiFL]/.test(text);
}
