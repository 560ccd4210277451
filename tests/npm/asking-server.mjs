// A server made of the TypeScript SDK's version 2, over the standard streams. Its tools ask the client: `book` for a seat by a form and then for a
// wish by a text of the client's model, `unlock` for a password, which no form may ask for.

import { McpServer, inputRequired } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const text = said => ({ content: [{ type: 'text', text: said }] });

const form = (message, field) => inputRequired.elicit({
  message,
  requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] },
});

serveStdio(() => {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('book', { description: 'Books a seat.' }, async ctx => {
    const given = ctx.mcpReq.inputResponses ?? {};
    if (given.seat) {
      if (given.seat.action !== 'accept') return text(`No seat: ${given.seat.action}.`);
      return inputRequired({
        inputRequests: {
          wish: inputRequired.createMessage({
            messages: [{ role: 'user', content: { type: 'text', text: 'Wish a good journey.' } }],
            maxTokens: 50,
          }),
        },
        requestState: given.seat.content.seat,
      });
    }
    if (given.wish) return text(`${ctx.mcpReq.requestState()}: ${given.wish.content.text}`);
    return inputRequired({ inputRequests: { seat: form('Which seat?', 'seat') } });
  });
  server.registerTool('unlock', { description: 'Asks for what it must not.' }, async ctx =>
    ctx.mcpReq.inputResponses ? text('unlocked') : inputRequired({ inputRequests: { password: form('Your password, please.', 'password') } }));
  return server;
});
