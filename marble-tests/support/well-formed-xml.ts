const TAG = /^<(?<close>\/)?(?<name>[A-Za-z][\w:-]*)(?: [\w:-]+="[^"<]*")*(?<empty>\/)?>$/;
const REFERENCE = /&(?!amp;|lt;|gt;|quot;)/;
/** Characters that XML 1.0 forbids, and lone surrogates. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * The first problem of an XML document of elements, attributes and text, the subset that this
 * project writes. `undefined` when the document is well-formed.
 */
export const xmlProblem = (xml: string): string | undefined => {
  if (FORBIDDEN.test(xml)) return 'a character that XML has no place for';
  if (REFERENCE.test(xml)) return 'a bare &';
  const open: string[] = [];
  let roots = 0;
  for (const [piece] of xml.trim().matchAll(/<[^>]*>?|[^<]+/g)) {
    const { close, name = '', empty } = TAG.exec(piece)?.groups ?? {};
    if (!piece.startsWith('<')) {
      if (open.length === 0 || piece.includes(']]>')) return `a text in no place: ${piece}`;
    } else if (name === '') return `no tag: ${piece}`;
    else if (close !== undefined) {
      if (open.pop() !== name) return `${piece} closes what was not open`;
    } else {
      if (open.length === 0) roots += 1;
      if (empty === undefined) open.push(name);
    }
  }
  return open.length === 0 && roots === 1 ? undefined : `open: ${open.join(' ')}, roots: ${roots}`;
};
