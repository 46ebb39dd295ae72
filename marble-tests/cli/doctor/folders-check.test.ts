import { describe, expect, it } from 'vitest';
import { checkFolders } from '../../../src/cli/doctor/folders-check.js';

const codex = { name: 'CODEX_HOME', path: '/c' } as const;
const sessions = { name: 'sessions', path: '/c/sessions' } as const;
const temporary = { name: 'TMPDIR', path: '/t' } as const;
const records = { name: 'record_dir', path: '/r' } as const;
const problem = 'EROFS';

describe('checkFolders', () => {
  it('is green when every folder can be written', () => {
    expect(checkFolders([codex, temporary])).toMatchObject({
      id: 'folders',
      state: 'green',
      detail: 'CODEX_HOME /c: can be written\nTMPDIR /t: can be written',
    });
  });

  it('is red for a folder of codex, and says once what to do', () => {
    const check = checkFolders([{ ...codex, problem }, { ...sessions, problem }, temporary]);
    expect(check).toMatchObject({
      state: 'red',
      detail: 'CODEX_HOME /c: EROFS\nsessions /c/sessions: EROFS\nTMPDIR /t: can be written',
      mend: expect.stringMatching(/^give CODEX_HOME [^\n]*$/),
    });
  });

  it('is yellow for a folder without which turns run', () => {
    expect(checkFolders([codex, { ...temporary, problem }, { ...records, problem }])).toMatchObject(
      {
        state: 'yellow',
        mend: expect.stringMatching(/^set TMPDIR [^\n]*\nset "record_dir" [^\n]*$/),
      },
    );
  });
});
