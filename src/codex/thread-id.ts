const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID, as the ids of codex threads are. */
export const isThreadId = (text: string): boolean => UUID.test(text);
