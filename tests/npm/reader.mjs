// An agent made of a TypeScript SDK that reads: it lists resources, templates and prompts, reads and gets some, completes, subscribes, and prints what it got
// as one JSON object.
//
//   node reader.mjs SDK ERA URL
//
// SDK: `v1` (@modelcontextprotocol/sdk) or `v2` (@modelcontextprotocol/client). ERA: `legacy`, or `auto` for what both sides know best.

const [sdk, era, url] = process.argv.slice(2);
const parts = sdk === 'v1'
  ? {
      ...await import('@modelcontextprotocol/sdk/client/index.js'),
      ...await import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    }
  : await import('@modelcontextprotocol/client');

const client = new parts.Client({ name: 'test-reader', version: '1.0.0' }, era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {});
await client.connect(new parts.StreamableHTTPClientTransport(new URL(url)));

const failed = async promise => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { code: error.code ?? null, message: error.message, data: error.data ?? null };
  }
};

const resources = (await client.listResources()).resources.map(resource => resource.uri);
const templates = (await client.listResourceTemplates()).resourceTemplates.map(template => template.uriTemplate);
const prompts = (await client.listPrompts()).prompts.map(prompt => prompt.name);
const read = (await client.readResource({ uri: 'notes+note://2' })).contents;
const hidden = await failed(client.readResource({ uri: 'notes+other://1' }));
const lacking = await failed(client.readResource({ uri: 'notes+note://9' }));
const prompt = (await client.getPrompt({ name: 'notes_greet', arguments: { name: 'Ada' } })).messages;
const completion = (await client.complete({ ref: { type: 'ref/prompt', name: 'notes_greet' }, argument: { name: 'name', value: 'A' } })).completion.values;
const instructions = client.getInstructions() ?? null;
await client.close();

console.log(JSON.stringify({ resources, templates, prompts, read, hidden, lacking, prompt, completion, instructions }));
