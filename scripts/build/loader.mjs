// The text of the loader of packs, a part of the launcher.
import { keptCodeText } from './kept-code.mjs';

/** The first and the last line of each pack of a build. @param {string} digest */
export const markOf = (digest) => `// ${digest}`;

/**
 * The loader runs a pack with the code that V8 compiled at an earlier start, see `kept-code.mjs`. A
 * pack that is cut short or holds zeros, as an interrupted copy or a power failure leaves it, is an
 * error that says what to do.
 *
 * @param {string} digest of the packs
 */
export const loaderText = (digest) => `// The first and the last line of each pack of this build.
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
    if (error.code !== 'ENOENT') throw error;
    throw unusable(name + '.cjs is not beside it in ' + __dirname + ': run scripts/install.sh, or copy the whole folder');
  }
}

function readIn(dir, name) {
  var fs = require('fs');
  var file = dir + '/' + name + '.cjs';
  var cache = dir + '/cache/' + [name, '${digest}', process.version, process.arch].join('-');
  var bytes = bytesOf(file);
  // The packs are ASCII.
  var text = bytes.toString('latin1');
  // A part of another build would meet parts of this one.
  if (/^\\/\\/ [0-9a-f]{12}\\n/.test(text) && text.slice(0, MARK.length) !== MARK)
    throw unusable(file + ' is of another build than this program, whose folder was replaced: start it again');
  if (text.slice(0, MARK.length) !== MARK || text.slice(-MARK.length - 1) !== MARK + '\\n' || bytes.indexOf(0) >= 0)
    throw damaged(file);
  var known;
  try {
    var stats = fs.statSync(cache);
    if (stats.isFile() && stats.mtimeMs >= fs.statSync(file).mtimeMs) known = halfOf(bytesOf(cache));
  } catch (error) {}
  return { file: file, cache: cache, known: known, text: text };
}

// An error of one line, wherever it is written.
function unusable(message) {
  return Object.assign(new Error(message), { stack: message });
}

function damaged(file) {
  return unusable(file + ' is damaged: run scripts/install.sh again, or in a checkout npm run build');
}

// The parts of all packs by their ids, ./PACK or ./PACK:PART, and the modules they have become.
var parts = {};
var modules = {};

function load(name) {
  var pack = read(name);
  var vm = require('vm');
  var script = withoutFlags(function () {
    try {
      return new vm.Script(pack.text, { filename: pack.file, cachedData: pack.known });
    } catch (error) {
      throw error instanceof SyntaxError ? damaged(pack.file) : error;
    }
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

${keptCodeText}`;
