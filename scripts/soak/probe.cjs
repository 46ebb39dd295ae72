// Loaded into the plugin before its own code, with --expose-gc: on SIGUSR2 it says what the plugin holds, in a file of its TMPDIR.
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
