// An agent made of a TypeScript SDK, whose user fills in forms and whose model writes a text. It makes the given calls one after the other, and prints as one
// JSON object what it was asked and what it was answered.
//
//   node asking-agent.mjs SDK ERA CALLS URL                   over Streamable HTTP
//   node asking-agent.mjs SDK ERA CALLS stdio COMMAND ARG…    over the standard streams of a command
//
// SDK and ERA as for agent.mjs. CALLS: a JSON list of { name, arguments }.

const [sdk, era, calls, place, command, ...args] = process.argv.slice(2);
const isStdio = place === 'stdio';
const isOld = sdk === 'v1';
const parts = isOld
  ? {
      ...await import('@modelcontextprotocol/sdk/client/index.js'),
      ...await import('@modelcontextprotocol/sdk/types.js'),
      ...await import(isStdio ? '@modelcontextprotocol/sdk/client/stdio.js' : '@modelcontextprotocol/sdk/client/streamableHttp.js'),
    }
  : {
      ...await import('@modelcontextprotocol/client'),
      ...isStdio ? await import('@modelcontextprotocol/client/stdio') : {},
    };

const transport = isStdio
  ? new parts.StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' })
  : new parts.StreamableHTTPClientTransport(new URL(place));
const client = new parts.Client({ name: 'asking-agent', version: '1.0.0' }, {
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  ...era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {},
});

const asked = [];
const fill = {
  'elicitation/create': request => request.params.mode === 'url'
    ? { action: 'accept' }
    : {
        action: 'accept',
        content: Object.fromEntries(Object.entries(request.params.requestedSchema.properties).filter(([name]) => ['name', 'seat'].includes(name)).map(([name]) => [name, '12A'])),
      },
  'sampling/createMessage': () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: 'Bon voyage' } }),
  'roots/list': () => ({ roots: [{ uri: 'file:///work', name: 'work' }] }),
};
const schemas = { 'elicitation/create': parts.ElicitRequestSchema, 'sampling/createMessage': parts.CreateMessageRequestSchema, 'roots/list': parts.ListRootsRequestSchema };
for (const [method, answer] of Object.entries(fill)) {
  client.setRequestHandler(isOld ? schemas[method] : method, request => {
    asked.push({ method, message: request.params?.message ?? null, url: request.params?.url ?? null });
    return answer(request);
  });
}

await client.connect(transport);
const answers = [];
for (const call of JSON.parse(calls)) {
  try {
    answers.push(await (isOld ? client.callTool(call, undefined) : client.callTool(call)));
  } catch (failure) {
    answers.push({ code: failure.code ?? null, error: String(failure.message), data: failure.data ?? null });
  }
}

const protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null;
await client.close();
console.log(JSON.stringify({ protocol, asked, answers }));
