import { cpSync } from 'node:fs';

/**
 * Copies `dist/`, or a folder that contains it, without the compiled code that a plugin is just
 * writing there.
 * @param {string} from @param {string} to
 */
export const copyBuilt = (from, to) => {
  cpSync(from, to, {
    recursive: true,
    filter: (source) => !/[\\/]cache[\\/][^\\/]+\.\d+$/.test(source),
  });
};
