// Says how JavaScript, and the TypeScript SDK of MCP behind it, reads JSON-RPC messages: one question a line on the standard input, one answer a
// line on the standard output. A question is base64 of a message, then base64 of its headers as JSON ({ required, headers: [[name, value]] }) or
// `-`, then `call` where the SDK is to read it too, or `-`. An answer is what was read, what the SDK read, and which header the message
// belies, each in a spelling that every reader shares (see Reading.cs) or `-`.
import { createInterface } from 'node:readline';
import { CallToolRequestSchema } from '@modelcontextprotocol/core';
import { CallToolRequestSchema as FirstCallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const hex = text => Buffer.from(text, 'utf16le').toString('hex');

function number(value) {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  if (whole === undefined) return `n${value}`;
  const digits = (whole + fraction).replace(/^0+/, '');
  const point = whole.length + Number(exponent) - (whole.length + fraction.length - digits.length);
  return digits === '' ? 'n0' : `n${sign}${digits.replace(/0+$/, '')}e${point}`;
}

function spell(value) {
  if (value === null) return '0';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return `"${hex(value)}`;
  if (Array.isArray(value)) return `[${value.map(spell).join()}]`;
  return `{${Object.keys(value).map(key => [hex(key), spell(value[key])]).sort(([a], [b]) => (a < b ? -1 : 1)).map(pair => pair.join(':')).join()}}`;
}

function decode(header) {
  if (!header.startsWith('=?base64?') || !header.endsWith('?=')) return header;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(header.slice(9, -2), 'base64'));
}

// Only what an object holds itself: what it inherits is no member of the message.
const member = (value, ...path) =>
  path.reduce((parent, name) => (parent !== null && typeof parent === 'object' && !Array.isArray(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined), value);

const MIRRORED = {
  'mcp-protocol-version': message => member(message, 'params', '_meta', 'io.modelcontextprotocol/protocolVersion'),
  'mcp-method': message => message.method,
  'mcp-name': message => member(message, 'params', message.method === 'resources/read' ? 'uri' : 'name'),
  'mcp-param-region': message => member(message, 'params', 'arguments', 'region'),
  'mcp-param-zone': message => member(message, 'params', 'arguments', 'zone'),
  'mcp-param-urgent': message => member(message, 'params', 'arguments', 'flags', 'urgent'),
};

function isSame(header, value) {
  const text = decode(header);
  return typeof value === 'number' ? text.trim() !== '' && Number(text) === value : text === (typeof value === 'boolean' ? String(value) : value);
}

function belied(message, { required, headers }) {
  const isCall = message.method === 'tools/call' && message.id !== undefined;
  for (const [name, mirrored] of Object.entries(MIRRORED)) {
    const given = headers.filter(([header]) => header.toLowerCase() === name);
    const value = mirrored(message);
    if (name === 'mcp-protocol-version' && value === undefined) continue;
    if (name.startsWith('mcp-param-') && !isCall) continue;
    if (given.length === 0 && !(required && isCall && ['string', 'number', 'boolean'].includes(typeof value))) continue;
    try {
      if (given.length !== 1 || !isSame(given[0][1], value)) return name;
    } catch {
      return name;
    }
  }
  return '';
}

// Both lines of the SDK: servers run on either.
function sdk(message) {
  const [second, first] = [CallToolRequestSchema, FirstCallToolRequestSchema].map(schema => {
    const { name, arguments: given } = schema.parse(message).params;
    return spell({ name, arguments: given ?? {} });
  });
  return first === second ? first : `${first} with version 1, ${second} with version 2`;
}

function attempt(read) {
  try {
    return read();
  } catch (failure) {
    return `!${String(failure.message ?? failure).replace(/\s+/g, ' ')}`;
  }
}

function answer(line) {
  const [body, headers, kind] = line.split(' ');
  const text = Buffer.from(body, 'base64').toString('utf8');
  let message;
  const read = attempt(() => spell((message = JSON.parse(text))));
  if (read.startsWith('!')) return [read, read, read].join('\t');
  return [
    read,
    kind === 'call' ? attempt(() => sdk(message)) : '-',
    headers === '-' ? '-' : attempt(() => belied(message, JSON.parse(Buffer.from(headers, 'base64').toString('utf8')))),
  ].join('\t');
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${answer(line)}\n`);
