// Stands in for curl on machines without it: `curl -s URL -H HEADER… -d BODY` and nothing else.

const headers = new Headers();
let url, body;
for (let args = process.argv.slice(2); args.length > 0;) {
  const arg = args.shift();
  if (arg === '-H') headers.append(...args.shift().split(/: (.*)/s, 2));
  else if (arg === '-d') body = args.shift();
  else if (arg !== '-s') url = arg;
}

process.stdout.write(await (await fetch(url, { method: 'POST', headers, body })).text());
