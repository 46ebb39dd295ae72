// The text of the loader of packs, a part of the launcher.

/** The first line of each pack of a build. @param {string} digest */
export const markOf = (digest) => `// ${digest}`;

/**
 * The loader runs a pack with the code that V8 compiled at an earlier start. That code lies in
 * `cache/` beside the packs, one file for each pack and Node. The first start writes it, unless
 * Node was given flags, the folder belongs to somebody else, or nothing can be written there: then
 * every start compiles the pack anew. V8 refuses the code of another V8, of other flags and of
 * another length of the pack, and crashes at damaged code: so a file has the code twice, and both
 * have to be the same.
 *
 * @param {string} digest of the packs
 */
export const loaderText = (
  digest,
) => `// The scripts whose code is not kept yet, each with the file for it.
var unkept = [];

// The first line of each pack of this build.
var MARK = '${markOf(digest)}';

// The folder of the packs, wherever it is moved.
var folder;
// What was read of each pack: its text and its code.
var packs = {};

function read(name) {
  if (packs[name]) return packs[name];
  try {
    return (packs[name] = readIn(__dirname, name));
  } catch (error) {
    try {
      // The folder has been moved.
      if (folder !== undefined) return (packs[name] = readIn('/proc/self/fd/' + folder, name));
    } catch (absent) {}
    if (!error.code) throw error;
    throw new Error(name + '.cjs is not beside it in ' + __dirname + ': run scripts/install.sh, or copy the whole folder');
  }
}

function readIn(dir, name) {
  var fs = require('fs');
  var file = dir + '/' + name + '.cjs';
  var cache = dir + '/cache/' + [name, '${digest}', process.version, process.arch].join('-');
  // The packs are ASCII.
  var text = bytesOf(file).toString('latin1');
  // A part of another build would meet parts of this one.
  if (text.slice(0, MARK.length) !== MARK)
    throw new Error(file + ' is of another build than this program, whose folder was replaced: start it again');
  var known;
  try {
    if (fs.statSync(cache).mtimeMs >= fs.statSync(file).mtimeMs) known = halfOf(bytesOf(cache));
  } catch (error) {}
  return { file: file, cache: cache, known: known, text: text };
}

// The parts of all packs by their ids, ./PACK or ./PACK:PART, and the modules they have become.
var parts = {};
var modules = {};

// Many turns at once leave garbage, for which V8 takes 48 MiB before it collects the first of it.
// With these flags its young generation grows no more, and the old one by half. Code is kept and
// taken with V8's own values of them (on Node 20 to 24), since V8 refuses the code of other flags;
// that of Node's own modules, too.
var small = false;

function keepHeapSmall(wanted) {
  var set = require('v8').setFlagsFromString;
  set('--semi-space-growth-factor=' + (wanted ? 1 : 2));
  set('--heap-growing-percent=' + (wanted ? 50 : 0));
  small = wanted;
}

function withoutFlags(work) {
  if (!small) return work();
  keepHeapSmall(false);
  try {
    return work();
  } finally {
    keepHeapSmall(true);
  }
}

function load(name) {
  var pack = read(name);
  var vm = require('vm');
  var script = withoutFlags(function () {
    return new vm.Script(pack.text, { filename: pack.file, cachedData: pack.known });
  });
  if (pack.known === undefined || script.cachedDataRejected) unkept.push({ script: script, file: pack.cache });
  pack.known = undefined;
  Object.assign(parts, script.runInThisContext());
}

function run(id) {
  if (modules[id]) return modules[id].exports;
  if (!parts[id]) load(id.slice(2).split(':')[0]);
  var module = (modules[id] = { exports: {} });
  parts[id](module.exports, requireOrRun, module);
  return module.exports;
}

function requireOrRun(id) {
  if (id.slice(0, 2) === './') return run(id);
  return withoutFlags(function () {
    return require(id);
  });
}

// Not in memory of malloc, which keeps about as much of it as the largest block that was freed.
function bytesOf(file) {
  var fs = require('fs');
  var fd = fs.openSync(file, 'r');
  try {
    var size = fs.fstatSync(fd).size;
    var bytes = Buffer.from(new ArrayBuffer(size, { maxByteLength: size }));
    return bytes.subarray(0, fs.readSync(fd, bytes));
  } finally {
    fs.closeSync(fd);
  }
}

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
      var code = withoutFlags(function () {
        return one.script.createCachedData();
      });
      fs.writeFileSync(part, Buffer.concat([code, code]), { mode: 384, flag: 'wx' });
      fs.renameSync(part, one.file);
    } catch (error) {
      try {
        fs.unlinkSync(part);
      } catch (absent) {}
    }
  });
}
`;
