/** By media type, the beginning of such a picture in hex, and its name. codex takes these four. */
const TAKEN: ReadonlyMap<string, readonly [start: RegExp, name: string]> = new Map([
  ['image/png', [/^89504e470d0a1a0a/, 'a PNG']],
  ['image/jpeg', [/^ffd8ff/, 'a JPEG']],
  ['image/gif', [/^47494638(37|39)61/, 'a GIF']],
  ['image/webp', [/^52494646.{8}57454250/, 'a WebP']],
]);

/** What hosts send in the place of a picture. */
const OTHERS: readonly (readonly [start: RegExp, name: string])[] = [
  [/^424d/, 'a BMP'],
  [/^(49492a00|4d4d002a)/, 'a TIFF'],
  [/^.{8}66747970(6865|6d69|6d73)/, 'a HEIC'],
  [/^.{8}6674797061766966/, 'an AVIF'],
  [/^25504446/, 'a PDF'],
  [/^504b0304/, 'a ZIP archive'],
  [/^(0[9ad]|20)*3c(3f786d6c|737667)/i, 'an SVG'],
  [/^(0[9ad]|20)*3c(21|68|48)/, 'HTML'],
  [/^(0[9ad]|[2-7][0-9a-f])+$/, 'text'],
];

/** Bytes of a picture that `pictureProblem` looks at. */
export const HEAD_BYTES = 32;

/** The kind of a picture by its first bytes, as in `image/KIND`; `undefined` for no picture. */
export const pictureType = (head: Buffer): string | undefined => {
  const bytes = head.toString('hex', 0, HEAD_BYTES);
  const [type] = [...TAKEN].find(([, [start]]) => start.test(bytes)) ?? [];
  return type?.slice('image/'.length);
};

/**
 * Why the API would refuse a picture, by its first bytes: `undefined` for a PNG, JPEG, GIF or WebP
 * that is what its media type says. A media type that names no picture is not compared.
 */
export const pictureProblem = (head: Buffer, mediaType = ''): string | undefined => {
  if (head.length === 0) return 'is empty';
  const bytes = head.toString('hex', 0, HEAD_BYTES);
  const said = (mediaType.toLowerCase().split(';')[0] ?? '').trim().replace(/\/jpg$/, '/jpeg');
  for (const [type, [start, name]] of TAKEN) {
    if (!start.test(bytes)) continue;
    return said === type || !said.startsWith('image/')
      ? undefined
      : `is ${name}, and its media type says ${said.slice(0, 40)}`;
  }
  const [, name = 'no picture'] = OTHERS.find(([start]) => start.test(bytes)) ?? [];
  return `is ${name}, and codex takes PNG, JPEG, GIF and WebP only`;
};

/** A `data:` URL with the media type that its picture is, when it names another one. */
export const relabelled = (url: string): string | undefined => {
  const [prefix, mediaType = ''] = /^data:(image\/[a-z.+-]+);base64,/i.exec(url) ?? [];
  if (prefix === undefined) return undefined;
  const head = headOf(url.slice(prefix.length));
  const type = pictureType(head);
  return type === undefined || pictureProblem(head, mediaType) === undefined
    ? undefined
    : `data:image/${type};base64,${url.slice(prefix.length)}`;
};

/** What a `data:` URL in base64 holds; `undefined` for every other URL. Takes linear time. */
export const inlineData = (
  url: string,
): { readonly mediaType: string; readonly base64: string } | undefined => {
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(',');
  const head = url.slice('data:'.length, Math.max(comma, 0));
  return head.endsWith(';base64')
    ? { mediaType: head.split(';', 1)[0] ?? '', base64: url.slice(comma + 1) }
    : undefined;
};

/** The problem of a picture in a `data:` URL; `undefined` for other URLs. */
export const dataUrlProblem = (url: string): string | undefined => {
  const data = inlineData(url);
  return data && pictureProblem(headOf(data.base64), data.mediaType);
};

const headOf = (base64: string): Buffer => Buffer.from(base64.slice(0, 2 * HEAD_BYTES), 'base64');
