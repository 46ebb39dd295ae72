import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyStep, performStep } from '../../../src/cli/install/install-step.js';

const folder = mkdtempSync(path.join(tmpdir(), 'plexum-step-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('copyStep', () => {
  it('never replaces the copy that another installation has made meanwhile', () => {
    const file = path.join(folder, 'plexum.json');
    writeFileSync(file, 'old');
    const steps = [copyStep(file, '.bak'), copyStep(file, '.bak')];
    const [first, second] = steps.map((step) => () => performStep(step, undefined));

    first?.();
    writeFileSync(file, 'new');
    expect(second).toThrow(`cannot copy ${file}: ${file}.bak is there by now; run this again`);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe('old');
    expect(readdirSync(folder).toSorted()).toEqual(['plexum.json', 'plexum.json.bak']);
  });
});
