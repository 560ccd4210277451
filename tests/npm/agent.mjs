// An agent made of a TypeScript SDK. It lists, calls, counts progress and reads denials, and prints what it got as one JSON object.
//
//   node agent.mjs SDK ERA URL                   over Streamable HTTP
//   node agent.mjs SDK ERA stdio COMMAND ARG…    over the standard streams of a command
//
// SDK: `v1` (@modelcontextprotocol/sdk) or `v2` (@modelcontextprotocol/client). ERA: `legacy`, or `auto` for what both sides know best.

const [sdk, era, place, command, ...args] = process.argv.slice(2);
const isStdio = place === 'stdio';
const parts = sdk === 'v1'
  ? {
      ...await import('@modelcontextprotocol/sdk/client/index.js'),
      ...await import(isStdio ? '@modelcontextprotocol/sdk/client/stdio.js' : '@modelcontextprotocol/sdk/client/streamableHttp.js'),
    }
  : {
      ...await import('@modelcontextprotocol/client'),
      ...isStdio ? await import('@modelcontextprotocol/client/stdio') : {},
    };

const transport = isStdio
  ? new parts.StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' })
  : new parts.StreamableHTTPClientTransport(new URL(place));
const client = new parts.Client({ name: 'test-agent', version: '1.0.0' }, era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {});
await client.connect(transport);

const call = (name, given, options) => sdk === 'v1'
  ? client.callTool({ name, arguments: given }, undefined, options)
  : client.callTool({ name, arguments: given }, options);

const tools = (await client.listTools()).tools.map(tool => tool.name);
const echo = await call('scripted_echo', { text: 'über the wire', digits: [1, 2.5] });
const progress = [];
const steps = await call('scripted_progress', { count: 180 }, { onprogress: notice => progress.push(notice.progress) });
const denial = await call('scripted_silent', {});
const unknown = await call('scripted_nothing', {});
const protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null;
await client.close();

console.log(JSON.stringify({ protocol, tools, echo, steps, progress, denial, unknown }));
