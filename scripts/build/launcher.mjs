// The text of the launcher.

/**
 * The launcher is CommonJS and ES module at once: which one Node takes it for is up to the
 * package.json above it. It says the version itself, and loads the bundle of any other command
 * with the code that V8 compiled at an earlier start. That code lies in `cache/` beside the
 * bundles, one file for each bundle and Node. The first start writes it, unless Node was given
 * flags, the folder belongs to somebody else, or nothing can be written there: then every start
 * compiles the bundle anew. V8 refuses the code of another V8, of other flags and of another
 * length of the bundle, and crashes at damaged code: so a file has the code twice, and both have to
 * be the same.
 *
 * @param {{ version: string, digest: string }} built `digest`: of the bundles
 */
export const launcherText = ({ version, digest }) => `#!/usr/bin/env node
var major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write('plexum-openai-provider-plugin needs Node 20 or newer, this is ' + process.versions.node + '\\n');
  process.exit(1);
}
var command = process.argv[2];

function start() {
  // Without a listener this signal opens Node's inspector, a port that runs any code.
  process.on('SIGUSR1', function () {});
  ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].forEach(function (name) {
    process.on(name, function () {
      process.exit(0);
    });
  });
  // Node's HTTP client reserves 10 GB of address space for its parser as soon as the server side
  // touches Request, which fails below a limit (ulimit -v). Nothing here is a client.
  WebAssembly.compile = function () {
    return new Promise(function () {});
  };
  var name = command === undefined ? './main.cjs' : command === 'mcp-host' ? './mcp-host.cjs' : /^(manifest$|-|$)/.test(command) ? './about.cjs' : './cli.cjs';
  if (typeof require !== 'function') import(name);
  else if (!require('fs').existsSync(require('path').join(__dirname, name))) {
    process.stderr.write('plexum-openai-provider-plugin: ' + name + ' is not beside it in ' + __dirname + ': run scripts/install.sh, or copy the whole folder\\n');
    process.exitCode = 1;
  }
  else if (name === './mcp-host.cjs' || name === './about.cjs') require(name);
  else {
    // An upgrade may move or remove the folder while this process runs.
    folder = require('fs').openSync(__dirname);
    load(name);
    if (command === undefined) setImmediate(function () {
      try {
        readAhead(name);
      } catch (absent) {}
    });
    if (process.execArgv.length > 0 || process.env.NODE_OPTIONS) return;
    process.on('exit', keepCode);
    setTimeout(keepCode, 2000).unref();
  }
}

// The scripts whose code is not kept yet, each with the file for it.
var unkept = [];

// The folder of the bundles, wherever it is moved.
var folder;
// What was read of each bundle: its text and its code.
var bundles = {};

function read(name) {
  if (bundles[name]) return bundles[name];
  try {
    return (bundles[name] = readIn(__dirname, name));
  } catch (error) {
    // The folder has been moved.
    return (bundles[name] = readIn('/proc/self/fd/' + folder, name));
  }
}

function readIn(dir, name) {
  var fs = require('fs');
  var path = require('path');
  var file = path.join(dir, name);
  var cache = path.join(dir, 'cache', [path.basename(name, '.cjs'), '${digest}', process.version, process.arch].join('-'));
  var known;
  try {
    if (fs.statSync(cache).mtimeMs >= fs.statSync(file).mtimeMs) known = halfOf(fs.readFileSync(cache));
  } catch (error) {}
  // The bundles are ASCII.
  return { file: file, cache: cache, known: known, text: fs.readFileSync(file, 'latin1') };
}

// Reads what a bundle may load later, and what that may load.
function readAhead(name) {
  var bundle = read(name);
  if (bundle.isWhole) return;
  bundle.isWhole = true;
  (bundle.text.match(/\\.\\/part-\\w+\\.cjs/g) || []).forEach(readAhead);
}

function load(name) {
  var bundle = read(name);
  var vm = require('vm');
  var script = new vm.Script(bundle.text, { filename: bundle.file, cachedData: bundle.known });
  if (bundle.known === undefined || script.cachedDataRejected) unkept.push({ script: script, file: bundle.cache });
  bundle.known = undefined;
  var module = { exports: {} };
  loaded[name] = module;
  script.runInThisContext()(module.exports, function (id) {
    if (id.slice(0, 2) !== './') return require(id);
    return loaded[id] ? loaded[id].exports : load(id);
  }, module);
  return module.exports;
}
var loaded = {};

function halfOf(bytes) {
  var half = bytes.subarray(0, bytes.length / 2);
  return half.equals(bytes.subarray(bytes.length / 2)) ? half : undefined;
}

function keepCode() {
  var fs = require('fs');
  var path = require('path');
  unkept.splice(0).forEach(function (one) {
    var part = one.file + '.' + process.pid;
    try {
      if (fs.statSync(__dirname).uid !== process.getuid()) return;
      fs.mkdirSync(path.dirname(one.file), { recursive: true, mode: 448 });
      var code = one.script.createCachedData();
      fs.writeFileSync(part, Buffer.concat([code, code]), { mode: 384, flag: 'wx' });
      fs.renameSync(part, one.file);
    } catch (error) {
      try {
        fs.unlinkSync(part);
      } catch (absent) {}
    }
  });
}

if ((command === '--version' || command === '-V') && process.argv.length === 3) process.stdout.write("${version}" + '\\n');
else start();
`;
