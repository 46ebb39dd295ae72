// The words of the kinds that have many sentences; see `failure-rules.ts`.

/** No login, or one that is refused, expired or restricted. */
export const AUTH: readonly RegExp[] = [
  /status:? (?:40[13]|407|451)\b|Unauthorized|Missing environment variable|not (?:logged|signed) in/,
  /\b(?:log(?:ged)? ?in|sign in|sign-in) (?:again|changed)|refresh(?:ing)? token|could not be refreshed/,
  /token data is not available|credential (?:expired|read failed|storage is unavailable)|Codex credentials/,
  /login (?:is )?(?:required|restricted)|account has been (?:disabled|deactivated)|run `?'?codex login/,
  /invalid_api_key|Incorrect API key|auth (?:data )?(?:is )?not (?:configured|available)/,
  /authentication is unavailable|auth (?:is missing|key is missing)|No more recovery steps|blocked by Cloudflare/,
  /account ID not available|external auth refresh|Login is restricted|account_deactivated/,
];

/** A setting, an argument, a folder or the sandbox of the machine. */
export const CONFIG: readonly RegExp[] = [
  /Error (?:loading|parsing) (?:config|rules|-c)|config\.toml|Not inside a trusted directory|codex home|CODEX_HOME/,
  /error: (?:unexpected argument|invalid value|the argument|unrecognized subcommand|a value is required)/,
  /error: the following required arguments|invalid --profile|currently supports only|has no counterpart there/,
  /requirements do not allow|by requirements|allowed set|organization requires|\(workspace-managed policies\) are/,
  /no longer supported|Model provider .{0,200}(?:not found|not configured|blocked)|unknown configuration field/,
  /invalid configuration|failed to (?:load|parse) (?:existing user |bootstrap )?config|Session storage path/,
  /cannot access session files|Landlock|seccomp|codex-linux-sandbox|bubblewrap|features\.\S{1,80} must be/,
  /reserved built-in provider|undefined profile|permission denied|Read-only file system/,
  /(?:output schema|model instructions|compact prompt|last message) file |Unknown feature flag|OSS setup failed/,
  /requires `--remote`|fatal: not a git repository|Invalid request: unknown variant|^(?:Error: )?No such file or directory \(os error 2\)\s*$/,
];

/** What the API refuses of a request, or of the history that goes with it. */
export const INVALID_REQUEST: readonly RegExp[] = [
  /invalid_request_error|status:? 4\d\d\b|Invalid UTF-8|No prompt provided|Image poisoning/,
  /Invalid image|valid image|Invalid audio|affected audio|encrypted content .{0,500}could not be verified/,
  /No tool (?:output|call) found for|required following item|Duplicate item|string too long/,
  /unsupported operation|duplicate tool|invalid thread id|(?:unknown|unsupported|required) parameter\b/,
  /^\s*\{.{0,200}"(?:error|detail)"\s*:\s*["{]/,
];
