// Shows the supplier's page on this machine alone, at a free port: `node serve.mjs` prints the address.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('supplier.html', import.meta.url));
const server = createServer((request, response) => {
  response.writeHead(request.url === '/supplier' ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(request.url === '/supplier' ? page : '');
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
