// An agent made of the TypeScript SDK 2 and of its library for tasks (@modelcontextprotocol/ext-tasks), over Streamable HTTP in 2026-07-28. It makes the given
// calls one after the other, waits for those that are answered later, and prints as one JSON object what came of each, with the states that it saw.
//
//   node tasks-agent.mjs CALLS URL        CALLS: a JSON list of { name, arguments }

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createTaskSessionFromClient } from '@modelcontextprotocol/ext-tasks/client';

const [calls, place] = process.argv.slice(2);
const capabilities = { elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } };
const clientInfo = { name: 'tasks-agent', version: '1.0.0' };
const client = new Client(clientInfo, { capabilities, versionNegotiation: { mode: 'auto' } });
await client.connect(new StreamableHTTPClientTransport(new URL(place)));

let last = 0;

// The SDK leaves results of other types than its own to its host.
async function dispatch(request, options) {
  const message = { jsonrpc: '2.0', id: `task-${++last}`, ...request };
  const response = await fetch(place, {
    method: 'POST',
    signal: options?.signal,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': message.method,
      'Mcp-Name': message.params.taskId ?? message.params.name,
    },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? JSON.parse(text) : text.split('\n').filter(line => line.startsWith('data: ')).map(line => JSON.parse(line.slice(6))).find(part => part.id === message.id);
  return answer.error ? { kind: 'error', error: answer.error } : { kind: 'result', result: answer.result };
}

const asked = [];
const session = createTaskSessionFromClient(client, {
  endpointId: 'proxy',
  rawDispatch: dispatch,
  v2RequestFraming: { protocolVersion: '2026-07-28', clientInfo, clientCapabilities: capabilities },
  onInputRequest: async request => {
    asked.push(request.params.message);
    return { action: 'accept', content: { confirm: true } };
  },
});

const answers = [];
for (const call of JSON.parse(calls)) {
  const states = [];
  try {
    const execution = await session.callTool(call.name, call.arguments);
    const { outcome } = await execution.settle({ onEvent: event => { if (event.type === 'task' && states.at(-1) !== event.task.status) states.push(event.task.status); } });
    answers.push({ status: outcome.status, states, text: outcome.result?.content?.[0]?.text ?? null, isError: outcome.result?.isError ?? false, error: outcome.error?.message ?? null, code: outcome.error?.code ?? null });
  } catch (failure) {
    answers.push({ states, failure: String(failure.stack ?? failure) });
  }
}

await session.close();
await client.close();
console.log(JSON.stringify({ asked, answers }));
