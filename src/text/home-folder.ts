import { userInfo } from 'node:os';

/**
 * The home of this user, also where `HOME` is empty or not set: that of the user database, as codex
 * does; `/` for a user that it does not know, as in a container. Does not throw.
 */
export const homeFolder = (
  home = process.env['HOME'],
  findUser: () => { readonly homedir: string } = userInfo,
): string => {
  if (home !== undefined && home !== '') return home;
  try {
    return findUser().homedir || '/';
  } catch {
    return '/';
  }
};
