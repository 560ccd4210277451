// A plain HTTP server in front of another one, with node's own reader and writer of HTTP. Prints the port it listens on; GET /count says how
// many requests it passed on.
import http from 'node:http';

const [target] = process.argv.slice(2);
const { hostname, port } = new URL(target);
const agent = new http.Agent({ keepAlive: true });
let passed = 0;

const server = http.createServer((request, response) => {
  if (request.url === '/count') {
    response.end(String(passed));
    return;
  }

  passed++;
  const onward = http.request({ hostname, port, agent, method: request.method, path: request.url, headers: request.headers }, answer => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.on('error', () => onward.destroy());
  request.pipe(onward);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
