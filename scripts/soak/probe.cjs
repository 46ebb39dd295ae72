// Loaded into the plugin before its own code, with --expose-gc. On SIGUSR2 it collects garbage and
// writes the heap, timers and handles of the plugin into a file in its TMPDIR.
const { renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const file = path.join(process.env['TMPDIR'] ?? '', 'probe.json');
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const said = { heap: process.memoryUsage().heapUsed, external: process.memoryUsage().external, timers, handles: resources.length - timers };
  writeFileSync(`${file}.tmp`, JSON.stringify(said));
  renameSync(`${file}.tmp`, file);
});
