// Node's own ends, for comparison: prints every event of a client, or of a server and its
// connections, as a line of JSON with the fields of tcpkit's trace. A server prints its port first
// (0 for a Unix socket).
//   net.mjs client OPTIONS [EVENT:ACTION...]   options of net.Socket and connect(), as JSON
//   net.mjs server OPTIONS [EVENT:ACTION...]   options of net.Server and listen(), as JSON
// Options besides those of Node: answers, the addresses that the lookup returns; clients, the number of
// connections after which the server closes; block, addresses of its BlockList. ACTION runs at each
// EVENT of a connection: write=TEXT, end, end=TEXT, endLater=TEXT (from a timer), echo (of all data),
// fill=BYTES (in blocks, given at `ready` and at `drain`; then end()), or the name of a method
// of the socket.
import net from 'node:net';
import fs from 'node:fs';

const [kind, json, ...rules] = process.argv.slice(2);
const { answers, clients, maxConnections, block, ...options } = JSON.parse(json);

function say(record) {
  fs.writeSync(1, JSON.stringify(record) + '\n');
}

function describe(error) {
  if (!error) return null;
  const fields = { name: error.name, message: error.message };
  for (const key of ['code', 'syscall', 'address', 'port', 'hostname']) {
    if (error[key] !== undefined) fields[key] = error[key];
  }
  if (error.errors) fields.errors = error.errors.map(describe);
  else fields.errno = error.errno ?? null;
  return fields;
}

function ends(of) {
  const names = ['localAddress', 'localPort', 'localFamily', 'remoteAddress', 'remotePort', 'remoteFamily'];
  return Object.fromEntries(names.map((name) => [name, of[name] ?? null]));
}

// Node has 4 and 6 here, and IPv4 and IPv6 elsewhere; tcpkit has IPv4 and IPv6 everywhere.
function named(family) {
  return family ? `IPv${family}` : null;
}

function attempt(ip, port, family) {
  return { ip, port: port ?? null, family: named(family) };
}

function fill(socket, most) {
  const block = Buffer.alloc(65536);
  while (socket.bytesWritten < most) if (!socket.write(block)) return;
  socket.end();
}

function act(socket, event) {
  for (const rule of rules) {
    const [, on, method, text] = /^(\w+):(\w+)(?:=(.*))?$/s.exec(rule);
    if (on !== event) continue;
    if (method === 'fill') fill(socket, Number(text));
    else if (method === 'endLater') setTimeout(() => socket.end(text));
    else if (method === 'echo') socket.pipe(socket);
    else socket[method](...(text === undefined ? [] : [text]));
  }
}

function watch(socket, role, conn) {
  let failed = false;
  const fields = {
    lookup: (error, address, family, host) =>
      ({ host, address: address ?? null, family: named(family), error: describe(error) }),
    connectionAttempt: attempt,
    connectionAttemptFailed: (ip, port, family, error) =>
      ({ ...attempt(ip, port, family), error: describe(error) }),
    connectionAttemptTimeout: attempt,
    connect: () => ends(socket),
    ready: () => ({}),
    data: (chunk) => ({ bytes: chunk.length, bytesRead: socket.bytesRead }),
    drain: () => ({}),
    finish: () => ({ bytesWritten: socket.bytesWritten }),
    end: () => ({ bytesRead: socket.bytesRead }),
    timeout: () => ({ timeoutMs: socket.timeout, kind: 'idle' }),
    error: (error) => {
      failed = true;
      return { error: describe(error) };
    },
    // Called without an argument if there never was a handle.
    close: (hadError) =>
      ({ hadError: hadError ?? failed, bytesRead: socket.bytesRead, bytesWritten: socket.bytesWritten }),
  };
  for (const [event, describeIt] of Object.entries(fields)) {
    socket.on(event, (...args) => {
      say({ role, conn, event, ...describeIt(...args), readyState: socket.readyState });
      act(socket, event);
    });
  }
}

function client() {
  const socket = new net.Socket({ allowHalfOpen: options.allowHalfOpen });
  watch(socket, 'client', 1);
  if (options.timeout) socket.setTimeout(options.timeout);
  if (answers) {
    options.lookup = (host, { all }, done) => {
      const found = answers.map((address) => ({ address, family: net.isIP(address) }));
      if (all) done(null, found);
      else done(null, found[0].address, found[0].family);
    };
  }
  socket.connect(options);
}

function server() {
  let made = 0;
  if (block) {
    options.blockList = new net.BlockList();
    block.forEach((address) => options.blockList.addAddress(address));
  }
  const server = net.createServer(options);
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  const listener = (event, fields) => say({ role: 'listener', event, ...fields });
  server.on('listening', () => {
    const address = server.address();
    say(address.port ?? 0);
    listener('listening', typeof address === 'string' ? { path: address } : address);
  });
  server.on('connection', (socket) => {
    const conn = ++made;
    listener('connection', { conn, ...ends(socket), connections: server._connections });
    watch(socket, 'server', conn);
    if (options.timeout) socket.setTimeout(options.timeout);
    if (made === clients) server.close();
    act(socket, 'connection');
  });
  server.on('drop', (data) => listener('drop', ends(data)));
  server.on('error', (error) => listener('error', { error: describe(error) }));
  server.on('close', () => listener('close', {}));
  server.listen(options);
}

if (kind === 'client') client();
else server();
