/** Tokens that are known by their beginning, which stays; the lookahead tells them from words. */
const PREFIXES: readonly string[] = [
  // Code hosts and package registries.
  'gh[pousr]_(?=\\w{12})',
  'github_pat_(?=\\w{12})',
  'gl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent)-(?=[\\w.-]{12})',
  'npm_(?=[A-Za-z0-9]{30})',
  'pypi-(?=[\\w-]{16})',
  'rubygems_(?=[0-9a-f]{24})',
  'dckr_pat_(?=[\\w-]{16})',
  // Services.
  'xox[abeoprs]-(?=[\\w-]{10})',
  'xapp-(?=[\\w-]{10})',
  '(?:sk|rk)_(?:live|test)_(?=\\w{8})',
  'whsec_(?=[\\w+/=]{12})',
  'SG\\.(?=[\\w-]{12,80}\\.[\\w-]{12})',
  'SK(?=[0-9a-f]{32}\\b)',
  'shp(?:at|ca|pa|ss)_(?=[0-9a-fA-F]{16})',
  'do[por]_v1_(?=[0-9a-f]{16})',
  'lin_api_(?=\\w{16})',
  'ntn_(?=\\w{16})',
  'figd_(?=[\\w-]{16})',
  'gls[ap]_(?=\\w{16})',
  'tskey-(?=[\\w-]{10})',
  'hv[sbr]\\.(?=[\\w-]{16})',
  'AGE-SECRET-KEY-1(?=[A-Z0-9]{16})',
  // Clouds.
  '(?:AKIA|ASIA|ABIA|ACCA)(?=[A-Z0-9]{12})',
  'AIza(?=[\\w-]{12})',
  'ya29\\.(?=[\\w-]{8})',
  'GOCSPX-(?=[\\w-]{12})',
  // Models.
  '(?:sk|sess|rk)-(?=[\\w*-]{8})',
  'hf_(?=[A-Za-z0-9]{16})',
  'gsk_(?=\\w{16})',
  'xai-(?=\\w{16})',
  'r8_(?=\\w{16})',
  'pplx-(?=\\w{16})',
  'nvapi-(?=[\\w-]{16})',
];

const PREFIX = `(?:${PREFIXES.join('|')})`;
const REST = '[\\w.*+/=~-]{8,8000}';

/** A token that begins a word, or stands behind the escape of a line break in JSON. */
const OF_ITS_OWN = new RegExp(`(?:(?<![\\w/.-])|(?<=\\\\[nrt]))(${PREFIX})${REST}`, 'g');

/** What may begin a token within a path or a name, and may be a word: `sk-learn-examples`. */
const WITHIN = new RegExp(`(?<=(?<!:/)[/.-])${PREFIX}`, 'g');
const REST_HERE = new RegExp(REST, 'y');

/** A part of a token that no word has, and the most characters before it. */
const RANDOM = /[A-Za-z0-9]{16}/g;
const MAX_BEFORE = 60;

/** Redacts tokens within names. One search for a random part serves all beginnings before it. */
const redactWithin = (text: string): string => {
  let kept = '';
  let from = 0;
  let random = -1;
  WITHIN.lastIndex = 0;
  for (let found = WITHIN.exec(text); found !== null; found = WITHIN.exec(text)) {
    const start = WITHIN.lastIndex;
    if (random < start) {
      RANDOM.lastIndex = start;
      random = RANDOM.exec(text)?.index ?? Infinity;
    }
    if (random - start > MAX_BEFORE || /[^\w-]/.test(text.slice(start, random))) continue;
    REST_HERE.lastIndex = start;
    if (!REST_HERE.test(text)) continue;
    kept += `${text.slice(from, start)}[redacted]`;
    from = REST_HERE.lastIndex;
    WITHIN.lastIndex = from;
  }
  return from === 0 ? text : kept + text.slice(from);
};

/** The text with what follows the beginning of each token replaced. Linear in time. */
export const redactTokens = (text: string): string =>
  redactWithin(text.replace(OF_ITS_OWN, '$1[redacted]'));
