// Evaluates CEL with an implementation that is not ours: one case a line on the standard input, one answer a line on the standard output.
// A case is { expr, container, variables: { name: value } }; an answer is { value } or { error }. Values are tagged as in data/cel.
import { createInterface } from 'node:readline';
import { celUint, isCelError, isCelList, isCelMap, isCelType, isCelUint, run } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { create } from '@bufbuild/protobuf';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';

const NANOSECONDS = 1000000000n;

function seconds(text) {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const total = BigInt(whole) * NANOSECONDS + BigInt(fraction.padEnd(9, '0'));
  return text.startsWith('-') ? -total : total;
}

function read(tagged) {
  const [[tag, value]] = Object.entries(tagged);
  switch (tag) {
    case 'null': return null;
    case 'bool': case 'string': return value;
    case 'int': return BigInt(value);
    case 'uint': return celUint(BigInt(value));
    case 'double': return value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : value === 'NaN' ? NaN : Number(value);
    case 'bytes': return new Uint8Array(Buffer.from(value, 'base64'));
    case 'list': return value.map(read);
    case 'map': return new Map(value.map(([key, item]) => [read(key), read(item)]));
    case 'timestamp': {
      const [date, fraction = ''] = value.replace('Z', '').split('.');
      return create(TimestampSchema, { seconds: BigInt(Date.parse(date + 'Z') / 1000), nanos: Number(fraction.padEnd(9, '0') || 0) });
    }
    case 'duration': {
      const total = seconds(value.replace('s', ''));
      return create(DurationSchema, { seconds: total / NANOSECONDS, nanos: Number(total % NANOSECONDS) });
    }
    default: throw new Error(`No value for ${tag}.`);
  }
}

function write(value) {
  if (value === null) return { null: 0 };
  if (typeof value === 'boolean') return { bool: value };
  if (typeof value === 'bigint') return { int: value.toString() };
  if (typeof value === 'number') return { double: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'string') return { string: value };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (isCelUint(value)) return { uint: value.value.toString() };
  if (isCelList(value)) return { list: [...value].map(write) };
  if (isCelMap(value)) return { map: [...value.entries()].map(([key, item]) => [write(key), write(item)]) };
  if (isCelType(value)) return { type: value.name };
  const message = value.message ?? value;
  switch (message.$typeName) {
    case 'google.protobuf.Timestamp': return { nanoseconds: (BigInt(message.seconds) * NANOSECONDS + BigInt(message.nanos)).toString() };
    case 'google.protobuf.Duration': return { nanoseconds: (BigInt(message.seconds) * NANOSECONDS + BigInt(message.nanos)).toString() };
    default: throw new Error(`No tag for ${message.$typeName ?? typeof value}.`);
  }
}

function answer({ expr, container, variables }) {
  try {
    const bound = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, read(value)]));
    const value = run(expr, bound, { funcs: strings, namespace: container || undefined });
    return isCelError(value) ? { error: value.message } : { value: write(value) };
  } catch (failure) {
    return { error: String(failure.message ?? failure) };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  if (line) process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n');
