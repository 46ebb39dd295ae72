// The text of what keeps the code that V8 compiles, a part of the launcher.

/**
 * The code lies in `cache/` beside the packs, one file for each pack and Node. The first start
 * writes it, unless Node was given flags, the folder belongs to somebody else, or nothing can be
 * written there: then every start compiles the pack anew. V8 refuses the code of another V8, of
 * other flags and of another length of the pack, and crashes at damaged code: so a file has the
 * code twice, and both have to be the same.
 */
export const keptCodeText = `// The scripts whose code is not kept yet, each with the file for it.
var unkept = [];

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
