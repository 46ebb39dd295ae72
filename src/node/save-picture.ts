import path from 'node:path';
import type { Log } from '../canonical/notice.js';
import { HEAD_BYTES, pictureType } from '../codex/pictures.js';
import type { SavePicture } from '../codex/rollout/picture-record.js';
import { createFolder } from '../process/create-folder.js';
import { replaceFile } from '../process/temporary-file.js';
import { reasonOf } from '../text/explain.js';

/** Characters that a name of a file may have. */
const OTHERS = /[^\w.-]/g;

/**
 * Stores pictures where codex 0.135.0 stores them: `generated_images/THREAD/ID.png` in codex's
 * home. Later versions leave a picture of the model in the rollout only. Returns the path, or
 * `undefined` for data that is no picture; a file that cannot be written is a warning.
 */
export const savePictureBelow =
  (home: string, log: Log): SavePicture =>
  (threadId, { id, data = '' }) => {
    const bytes = Buffer.from(data, 'base64');
    const type = pictureType(bytes.subarray(0, HEAD_BYTES));
    if (type === undefined) return undefined;
    const [folder, name] = [threadId, id].map((each) => each.replace(OTHERS, '_').slice(0, 100));
    const file = path.join(home, 'generated_images', folder ?? '', `${name}.${type}`);
    try {
      createFolder(path.dirname(file));
      replaceFile(file, bytes);
      return file;
    } catch (error) {
      log('warning', `a picture of the model could not be stored: ${reasonOf(error)}`, { file });
      return undefined;
    }
  };
